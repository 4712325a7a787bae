/// Why a payload does not read as its format, or a value cannot be written in it.
package struct PayloadError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// The payload breaks the format's rules.
        case malformed
        /// The payload ends too early.
        case truncated
        /// The payload is over one of `DecodingLimits`.
        case overLimit
        /// The format has no way to write this value, or the text of a recording does not describe one.
        case notRepresentable
    }

    package var code: Code
    /// Bytes from the start of the payload (of the text, where a recording's is read) to what is wrong.
    package var offset: Int
    /// A sentence part: what was found and what was expected. Holds no payload beyond a byte or an opcode's name.
    package var reason: String

    package init(_ code: Code, at offset: Int, _ reason: String) {
        self.code = code
        self.offset = offset
        self.reason = reason
    }
}

extension PayloadError {
    /// The text of a value would be longer than it may be.
    static func textOverLimit(_ maximum: Int) -> PayloadError {
        PayloadError(.overLimit, at: 0, "the readable text is over its limit of \(maximum) bytes")
    }
}

extension PayloadError: CustomStringConvertible {
    package var description: String { "byte \(offset): \(reason)" }
}
