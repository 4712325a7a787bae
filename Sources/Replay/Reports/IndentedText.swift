/// Lays out the JSON text of a value over several lines, so that two of them can be compared line by line.
struct IndentedText {
    /// Containers that are no longer than that stand in one line.
    private static let maximumInlineBytes = 60
    /// Deeper levels are not indented further: the text would grow with the square of its depth.
    private static let maximumIndentation = 40

    /// The text with a line for each member and element; a line's end behind each.
    static func lines(of text: [UInt8]) -> [UInt8] {
        let ends = closings(of: text)
        var result: [UInt8] = []
        var depth = 0
        var offset = 0
        /// Where the container ends that is written in one line.
        var inlineEnd = -1
        func newLine() {
            result.append(10)
            result += [UInt8](repeating: 32, count: 2 * min(max(depth, 0), maximumIndentation))
        }
        while offset < text.count {
            let byte = text[offset]
            switch byte {
            case UInt8(ascii: "\""):
                let end = endOfString(text, offset)
                result += text[offset..<end]
                offset = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                result.append(byte)
                if inlineEnd < offset {
                    let end = ends[offset] ?? text.count
                    if end - offset <= maximumInlineBytes {
                        inlineEnd = end
                    } else {
                        depth += 1
                        newLine()
                    }
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if inlineEnd < offset {
                    depth -= 1
                    newLine()
                }
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                if inlineEnd < offset { newLine() } else { result.append(32) }
            case UInt8(ascii: ":"): result += [byte, 32]
            case 9, 10, 13, 32: break
            default: result.append(byte)
            }
            offset += 1
        }
        result.append(10)
        return result
    }

    /// The offset of the closing bracket of each opening one.
    private static func closings(of text: [UInt8]) -> [Int: Int] {
        var ends: [Int: Int] = [:]
        var open: [Int] = []
        var offset = 0
        while offset < text.count {
            switch text[offset] {
            case UInt8(ascii: "\""):
                offset = endOfString(text, offset)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(offset)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): if let start = open.popLast() { ends[start] = offset }
            default: break
            }
            offset += 1
        }
        return ends
    }

    private static func endOfString(_ text: [UInt8], _ start: Int) -> Int {
        var offset = start + 1
        while offset < text.count, text[offset] != UInt8(ascii: "\"") {
            offset += text[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(offset + 1, text.count)
    }
}
