/// No frames: each message is what happened to arrive together. It has no meaning beyond that, since TCP cuts as it likes.
package struct ChunksFraming: Framing {
    package let name = "chunks"
    package let summary = "no frames: bytes as they come"
    package let keepsBoundaries = false
    package let boundaryAfterGap = BoundaryAfterGap.anywhere

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) { output.append(payload) }

    package struct Scanner: FrameScanner {
        let limits: DecodingLimits

        /// All bytes, in pieces of the limit.
        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            let count = min(bytes.byteCount, max(limits.maximumFrameBytes, 1))
            return count == 0 ? nil : FrameExtent(payload: 0..<count, frameBytes: count)
        }
    }
}
