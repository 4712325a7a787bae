internal import Codecs

/// A value as runs of a server gave it, by what rules can tell apart.
enum SampleValue: Hashable {
    /// There was none.
    case missing
    case text(String)
    case integer(String)
    case float(String)
    case flag(Bool)
    /// Bytes of a payload that is no text.
    case bytes([UInt8])
    /// Anything else: what it is, and its text.
    case other(kind: String, text: String)

    /// Reads a value's text in a recording.
    init(_ text: String?) {
        guard let text, let first = text.utf8.first else {
            self = .missing
            return
        }
        switch first {
        case UInt8(ascii: "\""): self = Self.string(text).map { .text($0) } ?? .other(kind: "text", text: text)
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .flag(first == UInt8(ascii: "t"))
        case UInt8(ascii: "n"): self = .other(kind: "null", text: text)
        case UInt8(ascii: "["): self = .other(kind: "list", text: text)
        case UInt8(ascii: "{"):
            // An object with a $ in its first key is something that JSON lacks.
            guard text.hasPrefix("{\"$") else {
                self = .other(kind: "map", text: text)
                return
            }
            self = .other(kind: String(text.dropFirst(2).prefix { $0 != "\"" }), text: text)
        default:
            self = text.utf8.allSatisfy { $0 &- 48 < 10 || $0 == UInt8(ascii: "-") } ? .integer(text) : .float(text)
        }
    }

    /// What kind of value it is.
    var kind: String {
        switch self {
        case .missing: "missing"
        case .text: "text"
        case .integer: "integer"
        case .float: "float"
        case .flag: "flag"
        case .bytes: "bytes"
        case .other(let kind, _): kind
        }
    }

    /// The number that it is, if it is one.
    var number: Double? {
        switch self {
        case .integer(let text), .float(let text): Double(text)
        default: nil
        }
    }

    /// How a person is shown it.
    var shown: String {
        switch self {
        case .missing: "nothing"
        case .text(let text): text
        case .integer(let text), .float(let text), .other(_, let text): text
        case .flag(let flag): "\(flag)"
        case .bytes(let bytes): "\(bytes.count) bytes"
        }
    }

    private static func string(_ json: String) -> String? {
        let tree = ValueTree()
        do throws(PayloadError) {
            try JSONFormat().decode(Array(json.utf8).span.bytes, into: tree, limits: DecodingLimits())
        } catch {
            return nil
        }
        return tree.root.string
    }
}
