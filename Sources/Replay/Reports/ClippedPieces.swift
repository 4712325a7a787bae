internal import Recorder

/// A line of marked pieces as it is printed: escaped, in its colour, and cut to what is worth reading of it.
///
/// What is cut is what both texts share: a little of it stays on either side of each difference.
struct ClippedPieces {
    let styled: TerminalStyle
    /// How the line looks, and how what is marked in it is told apart where no colours are used.
    let look: TerminalStyle.Look
    let marks: (open: String, close: String)
    /// Columns that it may take.
    let columns: Int

    /// The line, and whether anything of it was cut.
    func text(_ pieces: [TextComparison.Piece]) -> (text: String, isCut: Bool) {
        var room = columns
        var whole: [String] = []
        for piece in pieces {
            let (text, isAll) = TerminalText.front(of: piece.text, columns: room)
            guard isAll else { break }
            room -= TerminalText.columns(of: text)
            whole.append(painted(text, piece.isMarked))
        }
        return whole.count == pieces.count ? (whole.joined(), false) : (cut(pieces), true)
    }

    private func cut(_ pieces: [TextComparison.Piece]) -> String {
        var result = ""
        var room = columns - 1
        for (index, piece) in pieces.enumerated() {
            let text = self.cut(piece, isFirst: index == 0, isLast: index == pieces.count - 1, room: room)
            let width = TerminalText.columns(of: text)
            guard width <= room else { return result + painted("…", false) }
            room -= width
            result += painted(text, piece.isMarked)
        }
        return result
    }

    private func cut(_ piece: TextComparison.Piece, isFirst: Bool, isLast: Bool, room: Int) -> String {
        let context = max(columns / 6, 12)
        if piece.isMarked || (isLast && isFirst) { return clipped(piece.text, isLast ? room : max(room / 2, context)) }
        if isLast { return clipped(piece.text, max(context, room)) }
        if isFirst {
            let (text, isAll) = TerminalText.back(of: piece.text, columns: context)
            return isAll ? text : "…" + text
        }
        let (whole, isAll) = TerminalText.front(of: piece.text, columns: 2 * context + 1)
        if isAll { return whole }
        return TerminalText.front(of: piece.text, columns: context).text + "…"
            + TerminalText.back(of: piece.text, columns: context).text
    }

    private func clipped(_ text: ArraySlice<UInt8>, _ room: Int) -> String {
        TerminalText.clipped(text, columns: room)
    }

    private func painted(_ text: String, _ isMarked: Bool) -> String {
        guard isMarked, !text.isEmpty else { return styled(text, look) }
        return styled.usesColour ? styled(text, look, .reverse) : marks.open + text + marks.close
    }
}
