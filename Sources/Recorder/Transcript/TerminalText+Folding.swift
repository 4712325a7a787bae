// Lines that are longer than a terminal is wide.
extension TerminalText {
    /// A line that is fit for a terminal, folded where it is wider than so many columns: what goes on stands `indent` columns
    /// further in, so that what stands in front of it stays a column of its own. It is broken behind a blank, if one is near.
    package static func folded(_ line: String, columns: Int, indent: Int) -> String {
        let room = columns - indent
        guard room >= narrowest, line.utf8.count > columns else { return line }
        var result: [Character] = []
        // The last blank of the row, and the columns behind it.
        var blank: (place: Int, columnsBehind: Int)?
        var left = columns
        var isStyle = false
        for character in line {
            if isStyle || character == "\u{1B}" {
                isStyle = character.unicodeScalars.first != "m"
                result.append(character)
                continue
            }
            let width = self.columns(of: String(character))
            if width > left {
                let near = blank.flatMap { $0.columnsBehind <= room / 3 ? $0 : nil }
                result.insert(
                    contentsOf: "\n" + String(repeating: " ", count: indent), at: near?.place ?? result.endIndex)
                left = room - (near?.columnsBehind ?? 0)
                blank = nil
            }
            left -= width
            blank?.columnsBehind += width
            result.append(character)
            if character == " " { blank = (result.endIndex, 0) }
        }
        return String(result)
    }

    /// Columns for a text below which folding it would only make it longer.
    private static let narrowest = 20
}
