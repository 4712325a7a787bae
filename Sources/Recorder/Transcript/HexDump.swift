/// Bytes as a person reads them who looks for each of them: offset, sixteen bytes, and what is ASCII among them.
///
/// ```
/// 00000000  80 04 95 10 00 00 00 00  00 00 00 7d 94 8c 08 63  |...........}...c|
/// ```
package enum HexDump {
    /// Bytes of a row.
    private static let rowBytes = 16
    private static let digits = Array("0123456789abcdef".utf8)

    /// The first bytes, at most `limit` of them, each row with `indent` before it and an LF behind it; one row more says how
    /// many there are where that is not all.
    package static func rows(_ bytes: [UInt8], limit: Int, indent: Int = 2) -> String {
        let shown = bytes.prefix(max(limit, 0))
        var text: [UInt8] = []
        text.reserveCapacity((shown.count / rowBytes + 1) * (indent + 80))
        let margin = repeatElement(UInt8(ascii: " "), count: indent)
        for offset in stride(from: 0, to: shown.count, by: rowBytes) {
            text += margin
            append(shown[offset..<min(offset + rowBytes, shown.count)], at: offset, to: &text)
        }
        if shown.count < bytes.count {
            text += margin
            text += "… (\(bytes.count) bytes)\n".utf8
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ row: ArraySlice<UInt8>, at offset: Int, to text: inout [UInt8]) {
        for shift in stride(from: 28, through: 0, by: -4) { text.append(digits[offset >> shift & 15]) }
        text += "  ".utf8
        for column in 0..<rowBytes {
            if column == rowBytes / 2 { text.append(UInt8(ascii: " ")) }
            let index = row.startIndex + column
            if index < row.endIndex {
                text += [digits[Int(row[index] >> 4)], digits[Int(row[index] & 15)], UInt8(ascii: " ")]
            } else {
                text += "   ".utf8
            }
        }
        text += " |".utf8
        text += row.map { 0x20..<0x7F ~= $0 ? $0 : UInt8(ascii: ".") }
        text += "|\n".utf8
    }
}
