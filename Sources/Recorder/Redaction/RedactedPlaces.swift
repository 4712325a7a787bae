internal import Codecs

/// Where a line says that secrets were taken out: `"redacted":["$.password","$.text[4:12]"]`.
///
/// A place is a path from the message, `~` behind it where it is the key itself, and the bytes of the text where it is not all of
/// it; `bytes[4:12]` of a message that is no value, `bytes` and `raw` where all of them are gone. What stands in the line beside a
/// message is named by its keys: `error[8:15]`, `gap.why`, `note.name`.
package struct RedactedPlaces: Sendable {
    /// The most places of a line.
    static let maximumCount = 1_000
    /// What their texts may take, in bytes …
    static let maximumBytes = 16 << 10
    /// … and what stands for those beyond it.
    static let more = "$.."

    private var whole: Set<String> = []
    private var parts: [String: [Range<Int>]] = [:]

    /// Nothing is known to be taken out.
    init() {}

    /// Reads what stands under `redacted` in a line.
    package init(_ places: [String]) {
        for text in places.prefix(Self.maximumCount) {
            if let (path, range) = Self.part(text) {
                parts[path, default: []].append(range)
            } else {
                whole.insert(text)
            }
        }
    }

    /// Reads them from a line.
    init(line: Value) { self.init(Self.list(in: line)) }

    /// What stands under `redacted` in a line.
    static func list(in line: Value) -> [String] {
        guard let places = line["redacted"], places.kind == .list else { return [] }
        return places.children.compactMap(\.string)
    }

    private static func part(_ text: String) -> (String, Range<Int>)? {
        guard text.hasSuffix("]"), let bracket = text.lastIndex(of: "["), let colon = text.lastIndex(of: ":"),
            bracket < colon, let start = Int(text[text.index(after: bracket)..<colon]),
            let end = Int(text[text.index(after: colon)...].dropLast()), start >= 0, start < end
        else { return nil }
        return (String(text[..<bracket]), start..<end)
    }

    package var isEmpty: Bool { whole.isEmpty && parts.isEmpty }

    /// Whether all of a value was replaced, or of one that it stands in.
    package func covers(_ path: String) -> Bool {
        whole.contains { place in
            guard path.utf8.starts(with: place.utf8) else { return false }
            let next = path.utf8.dropFirst(place.utf8.count).first
            return next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[")
        }
    }

    /// Which parts of a text were replaced.
    func replaced(at path: String) -> [Range<Int>] { parts[path] ?? [] }

    /// What of these ranges was not replaced yet.
    func remaining(of ranges: [Range<Int>], at path: String) -> [Range<Int>] {
        guard let known = parts[path] else { return ranges }
        var left = ranges
        for range in known {
            left = left.flatMap {
                [
                    $0.lowerBound..<max($0.lowerBound, min($0.upperBound, range.lowerBound)),
                    max($0.lowerBound, min($0.upperBound, range.upperBound))..<$0.upperBound,
                ]
            }
            .filter { !$0.isEmpty }
        }
        return left
    }

    /// A part of what stands at a place.
    static func text(_ path: String, _ range: Range<Int>) -> String {
        "\(path)[\(range.lowerBound):\(range.upperBound)]"
    }

    /// Appends `,"redacted":[…]`, unless there are none.
    static func write(_ places: [String], into output: inout ByteWriter) {
        guard !places.isEmpty else { return }
        output.append(",\"redacted\":[")
        for (index, place) in places.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            var place = place
            place.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
        }
        output.append(UInt8(ascii: "]"))
    }
}
