extension FramingError {
    /// A header claims more than a frame may have.
    @inline(never)
    static func claimTooLong(_ length: some BinaryInteger, _ maximumFrameBytes: Int) -> FramingError {
        FramingError(
            .tooLong, at: 0, "the frame claims a payload of \(length) bytes; a frame may have \(maximumFrameBytes)"
        )
    }

    /// A frame without a length has grown over the limit before its end came.
    @inline(never)
    static func grownTooLong(awaiting end: String, _ limits: DecodingLimits) -> FramingError {
        let limit = limits.maximumFrameBytes
        return FramingError(.tooLong, at: limit, "the frame has more than \(limit) bytes, the limit, without \(end)")
    }

    /// The payload holds what would end its frame.
    @inline(never)
    static func holds(_ separator: String, at offset: Int, _ framing: String) -> FramingError {
        FramingError(.cannotCarry, at: offset, "the payload holds \(separator), which ends a frame of \(framing)")
    }
}
