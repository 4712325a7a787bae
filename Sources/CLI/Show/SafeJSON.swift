import Recorder

/// JSON that is fit for a terminal and is the same JSON still.
enum SafeJSON {
    /// Lines of JSON, with what a terminal must not see as escapes inside strings, and as a space between them.
    static func text(_ json: [UInt8]) -> [UInt8] {
        // Nearly all is plain ASCII.
        guard json.contains(where: { $0 >= 0x7F || $0 < 0x20 && $0 != 10 }) else { return json }
        var text: [UInt8] = []
        text.reserveCapacity(json.count)
        var isString = false
        var isEscaped = false
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if scalar != "\n", TerminalText.mustEscape(scalar) {
                if isString { escape(scalar, to: &text) } else { text.append(UInt8(ascii: " ")) }
            } else {
                text += UTF8.encode(scalar).map(Array.init) ?? []
                if scalar == "\"", !isEscaped { isString.toggle() }
            }
            isEscaped = isString && scalar == "\\" && !isEscaped
        }
        return text
    }

    private static func escape(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
        for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        }
    }
}
