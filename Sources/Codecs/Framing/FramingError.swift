/// Why bytes are no frame.
package struct FramingError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// The frame is, or claims to be, longer than `DecodingLimits.maximumFrameBytes`.
        case tooLong
        /// The bytes break the framing's rules.
        case malformed
        /// The payload cannot be framed this way (writing only).
        case cannotCarry
    }

    package var code: Code
    /// Bytes from the start of the frame to what is wrong.
    package var offset: Int
    /// A sentence part: what was found and what was expected. Holds no payload.
    package var reason: String
    /// The frame's extent where its end is known all the same, so that reading can go on behind it.
    package var frame: FrameExtent?

    package init(_ code: Code, at offset: Int, _ reason: String, frame: FrameExtent? = nil) {
        self.code = code
        self.offset = offset
        self.reason = reason
        self.frame = frame
    }
}

extension FramingError: CustomStringConvertible {
    package var description: String { "byte \(offset): \(reason)" }
}
