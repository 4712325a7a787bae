// How much room text takes on a terminal, and cutting it to that.
extension TerminalText {
    /// The columns that a character (code point) takes: none for a mark on the one before it, two for the wide ones of East
    /// Asia and for pictures.
    package static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        // The joiner of pictures; where it could be anything else it stands there as an escape.
        if scalar.value == 0x200D { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// The columns that a text takes which is fit for a terminal.
    package static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// The text made fit for a terminal, as much of it as so many columns hold; one that is longer ends in `…`. Only what
    /// is shown is looked at.
    package static func clipped(_ text: some Collection<UInt8>, columns: Int) -> String {
        let start = front(of: text, columns: columns)
        return start.isAll ? start.text : front(of: text, columns: columns - 1).text + "…"
    }

    /// The beginning that fits so many columns, made fit for a terminal, and whether that is all.
    package static func front(of text: some Collection<UInt8>, columns: Int) -> (text: String, isAll: Bool) {
        // More than two characters for each column are marks upon marks.
        let shown = text.prefix(8 * max(columns, 0))
        let scalars = Array(String(decoding: shown, as: UTF8.self).unicodeScalars)
        let (result, count) = fitting(scalars, columns: columns)
        return (result.joined(), count == scalars.count && shown.endIndex == text.endIndex)
    }

    /// The end that fits so many columns, made fit for a terminal, and whether that is all.
    package static func back(of text: some BidirectionalCollection<UInt8>, columns: Int) -> (text: String, isAll: Bool)
    {
        var shown = text.suffix(8 * max(columns, 0))
        if shown.startIndex != text.startIndex { shown = shown.drop { $0 & 0xC0 == 0x80 } }
        let scalars = Array(String(decoding: shown, as: UTF8.self).unicodeScalars.reversed())
        var (result, count) = fitting(scalars, columns: columns)
        let isAll = count == scalars.count && shown.startIndex == text.startIndex
        // A mark whose character is cut off would stand on what is put in its place.
        while !isAll, count > 0, self.columns(of: scalars[count - 1]) == 0 {
            result.removeLast()
            count -= 1
        }
        return (result.reversed().joined(), isAll)
    }

    /// Where the character (as a person counts them) begins that stands at a place of a text: a picture of several code points,
    /// or a letter with its marks, is not to be taken apart.
    package static func characterStart(in text: ArraySlice<UInt8>, at place: Int) -> Int {
        let most = 64
        var start = max(text.startIndex, place - most)
        while start < place, text[start] & 0xC0 == 0x80 { start += 1 }
        var found = start
        for character in String(decoding: text[start..<min(text.endIndex, place + most)], as: UTF8.self) {
            let next = found + character.utf8.count
            if next > place { return min(found, place) }
            found = next
        }
        return place
    }

    private static func fitting(_ scalars: [Unicode.Scalar], columns: Int) -> (pieces: [String], count: Int) {
        var pieces: [String] = []
        var left = columns
        for (place, scalar) in scalars.enumerated() {
            let before = place > 0 ? scalars[place - 1] : nil
            let after = place + 1 < scalars.count ? scalars[place + 1] : nil
            let piece = joins(scalar, before, after) ? String(scalar) : escaped(String(scalar))
            left -= self.columns(of: piece)
            guard left >= 0, pieces.count < 2 * columns else { break }
            pieces.append(piece)
        }
        return (pieces, pieces.count)
    }
}
