/// Why a pattern cannot be used.
package struct PatternError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// It is no regular expression.
        case malformed
        /// It takes more time or memory on a text than it may.
        case overLimit
    }

    package var code: Code
    /// Where in the pattern, in bytes.
    package var offset: Int
    /// A sentence.
    package var reason: String

    package init(_ code: Code, at offset: Int, _ reason: String) {
        self.code = code
        self.offset = offset
        self.reason = reason
    }

    package var description: String { code == .malformed ? "at byte \(offset): \(reason)" : reason }
}
