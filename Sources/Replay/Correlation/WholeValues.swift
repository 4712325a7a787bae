internal import Codecs

/// Finds the scalars of a JSON text: numbers, and what stands between the quotes of strings, keys apart.
enum WholeValues {
    /// Offers each: its text (without the escapes of JSON), and where it stands.
    static func visit(
        json text: UnsafeRawBufferPointer, _ visitor: (_ value: UnsafeRawBufferPointer, _ range: Range<Int>) -> Void
    ) {
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "\"") {
                let start = offset + 1
                let (end, hasEscapes) = IdentifierTokens.endOfString(text, from: start)
                offset = end + 1
                guard !isKey(text, behind: offset) else { continue }
                let inside = UnsafeRawBufferPointer(rebasing: text[start..<end])
                if hasEscapes {
                    JSONString.unescape(inside).withUnsafeBytes { visitor($0, start..<end) }
                } else {
                    visitor(inside, start..<end)
                }
            } else if IdentifierTokens.isDigit(byte) || byte == UInt8(ascii: "-") {
                let start = offset
                while offset < text.count, !isEnd(text[offset]) { offset += 1 }
                visitor(UnsafeRawBufferPointer(rebasing: text[start..<offset]), start..<offset)
            } else {
                offset += 1
            }
        }
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte <= 32 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    private static func isKey(_ text: UnsafeRawBufferPointer, behind start: Int) -> Bool {
        var offset = start
        while offset < text.count, text[offset] <= 32 { offset += 1 }
        return offset < text.count && text[offset] == UInt8(ascii: ":")
    }
}
