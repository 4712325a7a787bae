internal import Codecs
internal import Recorder

/// Shows how a value differs from the recorded one, in the form that reads best:
///
/// - short values, each in its line;
/// - a long line of text with the words marked that differ, `[-so-]` and `{+so+}` where there are no colours;
/// - text of several lines, and containers, by the lines that differ.
struct ValueComparisonText {
    let styled: TerminalStyle
    /// Columns for a line behind its sign.
    let columns: Int
    /// Lines of a comparison by lines.
    let maximumLines: Int
    /// Nothing is cut or left out.
    var isFull = false
    /// Where the whole of the recorded value can be read.
    let place: String

    /// Texts that are no longer than that need no marks.
    private static let shortBytes = 24
    /// More columns than any text takes.
    private static let allColumns = 1 << 40
    /// Containers whose texts are longer are not laid out in lines.
    private static let maximumLaidOutBytes = 8 << 20
    private static let removedMarks = (open: "[-", close: "-]")
    private static let addedMarks = (open: "{+", close: "+}")

    /// The lines, each with its sign.
    func lines(_ difference: ValueDifference) -> [String] {
        guard let expected = difference.expected.map({ Array($0.utf8) }) else {
            return difference.actual.map { only(Array($0.utf8), isExpected: false) } ?? []
        }
        guard let actual = difference.actual.map({ Array($0.utf8) }) else { return only(expected, isExpected: true) }
        if let texts = texts(expected, actual), let lines = byLines(texts.0, texts.1) { return lines }
        if isContainer(expected), isContainer(actual), max(expected.count, actual.count) > columns,
            max(expected.count, actual.count) <= Self.maximumLaidOutBytes,
            let lines = byLines(IndentedText.lines(of: expected), IndentedText.lines(of: actual))
        {
            return lines
        }
        return inOneLine(expected, actual)
    }

    /// A value that has nothing to be compared with.
    func only(_ text: [UInt8], isExpected: Bool) -> [String] {
        let (line, isCut) = clipped(isExpected, 2 * columns, marksShown: false).text([.init(text: text[...])])
        return [sign(isExpected) + line] + note(isCut ? [text] : [], isExpected: isExpected)
    }

    // MARK: One line each

    private func inOneLine(_ expected: [UInt8], _ actual: [UInt8]) -> [String] {
        var pieces: (left: [TextComparison.Piece], right: [TextComparison.Piece])
        var marksShown = false
        if min(expected.count, actual.count) > Self.shortBytes,
            let words = WordComparison.pieces(expected[...], actual[...])
        {
            pieces = words
            marksShown = styled.usesColour || !holdsMarks(expected) && !holdsMarks(actual)
        } else {
            let front = TextComparison.shared(expected[...], actual[...]).front
            pieces = (Self.split(expected, front), Self.split(actual, front))
        }
        let left = clipped(true, 2 * columns, marksShown: marksShown).text(pieces.left)
        let right = clipped(false, 2 * columns, marksShown: marksShown).text(pieces.right)
        return [sign(true) + left.text, sign(false) + right.text]
            + note(left.isCut || right.isCut ? [expected, actual] : [], isExpected: true)
    }

    private static func split(_ text: [UInt8], _ front: Int) -> [TextComparison.Piece] {
        let front = TerminalText.characterStart(in: text[...], at: front)
        return [text[..<front], text[front...]].filter { !$0.isEmpty }.map { .init(text: $0) }
    }

    // MARK: Line by line

    /// What two JSON strings say, where either has several lines.
    private func texts(_ expected: [UInt8], _ actual: [UInt8]) -> ([UInt8], [UInt8])? {
        guard let left = Self.inside(expected), let right = Self.inside(actual) else { return nil }
        let isLong = [left, right].contains { $0.dropLast().contains(10) }
        return isLong ? (left, right) : nil
    }

    private static func inside(_ text: [UInt8]) -> [UInt8]? {
        guard text.count > 1, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") else { return nil }
        return text.withUnsafeBytes { JSONString.unescape(UnsafeRawBufferPointer(rebasing: $0[1..<$0.count - 1])) }
    }

    /// The lines that differ; nil where all are to be shown and are too many.
    private func byLines(_ left: [UInt8], _ right: [UInt8]) -> [String]? {
        let comparison = LineComparison.comparison(left[...], right[...], isWhole: isFull)
        if isFull, comparison.isPartial { return nil }
        let marksShown = styled.usesColour || !holdsMarks(left) && !holdsMarks(right)
        let tellsEnd = (left.last == 10) != (right.last == 10)
        var result: [String] = []
        var isCut = comparison.isPartial
        func add(_ pieces: [TextComparison.Piece], isExpected: Bool) {
            var pieces = pieces
            let hasEnd = pieces.last?.text.last == 10
            if hasEnd, let last = pieces.popLast() {
                let rest = TextComparison.Piece(text: last.text.dropLast(), isMarked: last.isMarked)
                if !rest.text.isEmpty { pieces.append(rest) }
            }
            let line = clipped(isExpected, columns, marksShown: marksShown).text(pieces)
            isCut = isCut || line.isCut
            result.append(sign(isExpected) + line.text)
            if tellsEnd, !hasEnd { result[result.count - 1] += styled("  (no line's end)", .dim) }
        }
        let maximumLines = isFull ? Int.max : maximumLines
        for line in comparison.lines.prefix(maximumLines) {
            switch line {
            case .same(let text):
                let text = text.last == 10 ? text.dropLast() : text
                result.append(
                    "            "
                        + styled(TerminalText.clipped(text, columns: isFull ? Self.allColumns : columns), .dim))
            case .removed(let pieces): add(pieces, isExpected: true)
            case .added(let pieces): add(pieces, isExpected: false)
            case .skipped(_, let next): result.append(styled("          ⋮ line \(next)", .dim))
            }
        }
        let more = comparison.lines.dropFirst(maximumLines).count { line in
            switch line {
            case .removed, .added: true
            case .same, .skipped: false
            }
        }
        if more > 0 { result.append("          … and \(more.counting("more line")) that differ") }
        return result + note(isCut || more > 0 ? [left, right] : [], isExpected: true)
    }

    // MARK: Pieces of lines

    private func clipped(_ isExpected: Bool, _ columns: Int, marksShown: Bool) -> ClippedPieces {
        let marks = isExpected ? Self.removedMarks : Self.addedMarks
        return ClippedPieces(
            styled: styled, look: isExpected ? .green : .red, marks: marksShown ? marks : ("", ""),
            columns: isFull ? Self.allColumns : columns)
    }

    private func sign(_ isExpected: Bool) -> String {
        isExpected ? styled("          - ", .green) : styled("          + ", .red)
    }

    /// Where what was cut can be read.
    private func note(_ texts: [[UInt8]], isExpected: Bool) -> [String] {
        guard !texts.isEmpty else { return [] }
        let counts = texts.map { String($0.count { $0 & 0xC0 != 0x80 }) }.joined(separator: " and ")
        let whole = isExpected && !place.isEmpty ? "\(place), --full" : "--full"
        return [styled("            (cut from \(counts) characters; whole: \(whole))", .dim)]
    }

    /// Whether a text holds what marks would be taken for.
    private func holdsMarks(_ text: [UInt8]) -> Bool {
        let shown = text.prefix(TextComparison.maximumBytes)
        return zip(shown, shown.dropFirst()).contains { pair in
            pair == (UInt8(ascii: "["), UInt8(ascii: "-")) || pair == (UInt8(ascii: "-"), UInt8(ascii: "]"))
                || pair == (UInt8(ascii: "{"), UInt8(ascii: "+")) || pair == (UInt8(ascii: "+"), UInt8(ascii: "}"))
        }
    }

    private func isContainer(_ text: [UInt8]) -> Bool {
        text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[")
    }
}
