internal import Codecs

/// Which places of a message a rule is about: `$.time`, `$.users[*].id`, `$..etag`, `bytes[4:12]`.
///
/// `$` is the message, or the whole text of a raw one. `.name`, `["odd key"]` and `['odd key']` are the value under that key;
/// `[3]` is an element (`[-1]` the last) or what stands under the number 3 in a map; `.*` and `[*]` are each value directly
/// inside. Two dots in front of a step look for it at any depth. `bytes[4:12]` and the like name bytes of a payload, as in
/// Python: a negative end counts from the payload's end, one that is left out is the payload's own.
package struct RulePath: Sendable, Hashable {
    /// The most steps.
    static let maximumSteps = 64

    /// A step from a value to what stands in it.
    struct Step: Sendable, Hashable {
        enum Selector: Sendable, Hashable {
            case member([UInt8])
            case index(Int)
            case any
        }

        var selector: Selector
        /// At any depth.
        var descends: Bool
    }

    /// A range of a payload's bytes; ends below 0 count from the end.
    struct ByteRange: Sendable, Hashable {
        var start: Int?
        var end: Int?

        /// Whether it has as many bytes in every payload that is long enough.
        var isFixed: Bool {
            switch (start, end) {
            case (let start?, let end?): (start < 0) == (end < 0)
            case (let start?, nil): start < 0
            case (nil, let end?): end >= 0
            case (nil, nil): false
            }
        }

        /// The range in a payload of so many bytes.
        func resolved(in count: Int) -> Range<Int> {
            func place(_ end: Int) -> Int { end < 0 ? max(count + end, 0) : min(end, count) }
            let lower = place(start ?? 0)
            return lower..<max(lower, end.map(place) ?? count)
        }
    }

    let steps: [Step]
    /// Bytes of the payload; nil for a value.
    let bytes: ByteRange?
    /// The path as it was written.
    package let text: String

    /// Reads a path that is all of the text.
    package init(_ text: String) throws(RuleError) {
        var reader = RulePathReader(text)
        self = try reader.path()
        if let rest = reader.rest {
            throw RuleError("the path \"\(text)\" goes on with \"\(rest)\" where it should end")
        }
    }

    init(steps: [Step], bytes: ByteRange?, text: String) {
        self.steps = steps
        self.bytes = bytes
        self.text = text
    }
}
