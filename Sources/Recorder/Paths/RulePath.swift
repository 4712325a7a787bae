internal import Codecs

/// Which places of a message a rule is about, one of replay or of redaction: `$.time`, `$.users[*].id`, `$..etag`, `bytes[4:12]`.
///
/// `$` is the message, or the whole text of a raw one. `.name`, `["odd key"]` and `['odd key']` are the value under that key;
/// `[3]` is an element (`[-1]` the last) or what stands under the number 3 in a map; `.*` and `[*]` are each value directly
/// inside. Two dots in front of a step look for it at any depth. `bytes[4:12]` and the like name bytes of a payload, as in
/// Python: a negative end counts from the payload's end, one that is left out is the payload's own.
package struct RulePath: Sendable, Hashable {
    /// The most steps.
    package static let maximumSteps = 64

    /// A step from a value to what stands in it.
    package struct Step: Sendable, Hashable {
        package enum Selector: Sendable, Hashable {
            case member([UInt8])
            case index(Int)
            case any
        }

        package var selector: Selector
        /// At any depth.
        package var descends: Bool

        package init(selector: Selector, descends: Bool) {
            self.selector = selector
            self.descends = descends
        }
    }

    /// A range of a payload's bytes; ends below 0 count from the end.
    package struct ByteRange: Sendable, Hashable {
        package var start: Int?
        package var end: Int?

        package init(start: Int?, end: Int?) {
            self.start = start
            self.end = end
        }

        /// Whether it has as many bytes in every payload that is long enough.
        package var isFixed: Bool {
            switch (start, end) {
            case (let start?, let end?): (start < 0) == (end < 0)
            case (let start?, nil): start < 0
            case (nil, let end?): end >= 0
            case (nil, nil): false
            }
        }

        /// The range in a payload of so many bytes.
        package func resolved(in count: Int) -> Range<Int> {
            func place(_ end: Int) -> Int { end < 0 ? max(count + end, 0) : min(end, count) }
            let lower = place(start ?? 0)
            return lower..<max(lower, end.map(place) ?? count)
        }
    }

    package let steps: [Step]
    /// Bytes of the payload; nil for a value.
    package let bytes: ByteRange?
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

    package init(steps: [Step], bytes: ByteRange?, text: String) {
        self.steps = steps
        self.bytes = bytes
        self.text = text
    }
}
