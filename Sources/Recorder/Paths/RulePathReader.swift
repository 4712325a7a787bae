internal import Codecs

/// Reads a path at the beginning of a text.
package struct RulePathReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var steps: [RulePath.Step] = []

    package init(_ text: String) { bytes = Array(text.utf8) }

    /// What follows the path; nil where nothing does.
    package var rest: String? { offset < bytes.count ? String(decoding: bytes[offset...], as: UTF8.self) : nil }

    /// The path.
    package mutating func path() throws(RuleError) -> RulePath {
        if take("bytes[") {
            let range = try byteRange()
            return RulePath(steps: [], bytes: range, text: text)
        }
        guard take("$") else {
            throw RuleError(
                "a path begins with $, the message, such as $.time, or with bytes[, such as bytes[4:12]; this is \"\(shown)\""
            )
        }
        while offset < bytes.count, !isSpace(bytes[offset]) {
            guard steps.count < RulePath.maximumSteps else {
                throw RuleError("the path has more than \(RulePath.maximumSteps) steps")
            }
            try step()
        }
        return RulePath(steps: steps, bytes: nil, text: text)
    }

    private mutating func step() throws(RuleError) {
        let descends = take("..")
        let selector: RulePath.Step.Selector
        if take("[") {
            selector = try bracket()
        } else if descends || take(".") {
            if take("*") { selector = .any } else { selector = .member(try name()) }
        } else {
            throw RuleError(
                "after \(text) a path goes on with .name, [0], [\"odd key\"] or [*]; here stands \"\(shown)\"")
        }
        steps.append(RulePath.Step(selector: selector, descends: descends))
    }

    private mutating func name() throws(RuleError) -> [UInt8] {
        let start = offset
        while offset < bytes.count, !isSpace(bytes[offset]),
            ![0x2E, 0x5B, 0x5D, 0x2A, 0x22, 0x27].contains(bytes[offset])
        {
            offset += 1
        }
        guard offset > start else {
            throw RuleError("after \(text) a name is missing; one with odd letters is written [\"like this\"]")
        }
        return Array(bytes[start..<offset])
    }

    private mutating func bracket() throws(RuleError) -> RulePath.Step.Selector {
        if take("*]") { return .any }
        guard let first = bytes.indices.contains(offset) ? bytes[offset] : nil else {
            throw RuleError("the path \(text) lacks its \"]\"")
        }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            let key = try quoted(by: first)
            guard take("]") else { throw RuleError("after \(text) a \"]\" is missing") }
            return .member(key)
        }
        if let number = number(), take("]") { return .index(number) }
        throw RuleError(
            "in brackets stands the number of an element, a key in quotes, or *; after \(text) stands \"\(shown)\"")
    }

    /// A key between two quotes. In double ones the escapes of JSON count; in single ones `\'` and `\\`.
    private mutating func quoted(by quote: UInt8) throws(RuleError) -> [UInt8] {
        let start = offset + 1
        var end = start
        while end < bytes.count, bytes[end] != quote { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < bytes.count else { throw RuleError("after \(text) the key's closing quote is missing") }
        offset = end + 1
        let inside = Array(bytes[start..<end])
        if quote == UInt8(ascii: "'") {
            var key: [UInt8] = []
            var isEscaped = false
            for byte in inside {
                if !isEscaped, byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    key.append(byte)
                    isEscaped = false
                }
            }
            return key
        }
        let tree = ValueTree()
        do throws(PayloadError) {
            try JSONFormat().decode(
                Array(bytes[start - 1...end]).span.bytes, into: tree, limits: DecodingLimits())
        } catch {
            throw RuleError(
                "the key \(String(decoding: bytes[start - 1...end], as: UTF8.self)) is no JSON string: \(error.reason)")
        }
        return tree.root.text ?? []
    }

    private mutating func number() -> Int? {
        let start = offset
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        while offset < bytes.count, bytes[offset] &- 48 < 10 { offset += 1 }
        guard let number = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            offset = start
            return nil
        }
        return number
    }

    private mutating func byteRange() throws(RuleError) -> RulePath.ByteRange {
        let start = number()
        guard take(":") else {
            throw RuleError("a range of bytes is bytes[4:12], bytes[-4:] or bytes[:8]; this is \"\(shown)\"")
        }
        let end = number()
        guard take("]") else {
            throw RuleError("a range of bytes ends with \"]\", as bytes[4:12]; here stands \"\(shown)\"")
        }
        if let start, let end, (start < 0) == (end < 0), end <= start {
            throw RuleError("bytes[\(start):\(end)] holds no bytes: it is from the first to before the last")
        }
        return RulePath.ByteRange(start: start, end: end)
    }

    private mutating func take(_ text: String) -> Bool {
        let found = bytes[offset...].starts(with: text.utf8)
        if found { offset += text.utf8.count }
        return found
    }

    /// The path so far.
    private var text: String { String(decoding: bytes[..<offset], as: UTF8.self) }

    /// Some of what follows.
    private var shown: String { String(decoding: bytes[offset...].prefix(40), as: UTF8.self) }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
