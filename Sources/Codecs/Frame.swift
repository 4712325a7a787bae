/// Where a frame stands in the bytes that a scanner was given: from their start to `frameBytes`, with its payload inside.
package struct FrameExtent: Sendable, Hashable {
    /// The payload, without prefix, separator or padding.
    package var payload: Range<Int>
    /// How many bytes the frame takes from the stream, with all that belongs to no other frame (an empty line before it).
    package var frameBytes: Int

    @inline(__always)
    package init(payload: Range<Int>, frameBytes: Int) {
        self.payload = payload
        self.frameBytes = frameBytes
    }
}
