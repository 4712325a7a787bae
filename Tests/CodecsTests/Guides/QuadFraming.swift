@testable package import Codecs

/// Messages of four bytes each, with nothing between them.
package struct QuadFraming: Framing {
    package let name = "quad"
    package let summary = "always four bytes"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        guard payload.byteCount == 4 else {
            throw FramingError(.cannotCarry, at: 0, "quad carries 4 bytes; the payload has \(payload.byteCount)")
        }
        output.append(payload)
    }

    package struct Scanner: FrameScanner {
        let limits: DecodingLimits

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            guard limits.maximumFrameBytes >= 4 else { throw .claimTooLong(4, limits.maximumFrameBytes) }
            return bytes.byteCount < 4 ? nil : FrameExtent(payload: 0..<4, frameBytes: 4)
        }
    }
}
