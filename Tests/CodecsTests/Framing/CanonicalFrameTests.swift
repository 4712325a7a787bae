import Testing

@testable import Codecs

@Suite("Whether a frame is canonical") struct CanonicalFrameTests {
    private static let framings: [any Framing] =
        CodecRegistry.all.map(\.framing) + LengthPrefixFraming.all
        + LengthPrefixFraming.all.compactMap { $0.counting(more: 4) }

    /// The frame of a payload; nil where the framing cannot carry it.
    private static func write(_ payload: [UInt8], _ framing: any Framing) -> [UInt8]? {
        var frame = ByteWriter()
        do throws(FramingError) {
            try framing.write(payload: payload.span.bytes, into: &frame)
            return frame.array
        } catch {
            return nil
        }
    }

    /// Frames and payloads in them: those that the framing writes, and some that differ a little.
    private static func samples(_ framing: any Framing) -> [(frame: [UInt8], payload: Range<Int>)] {
        var samples: [(frame: [UInt8], payload: Range<Int>)] = []
        for payload in [[], [0x37], Array(repeating: 0x61, count: 200)] as [[UInt8]] {
            guard let frame = write(payload, framing) else { continue }
            for start in 0...min(frame.count, 12) where start + payload.count <= frame.count {
                let range = start..<start + payload.count
                samples.append((frame, range))
                samples.append((frame + [0x61], range))
                samples.append((frame + [0x61], start..<start + payload.count + 1))
                samples.append((Array(frame.prefix(range.upperBound)), range))
                for place in 0..<min(frame.count, 3) {
                    var changed = frame
                    changed[place] ^= 1
                    samples.append((changed, range))
                }
            }
        }
        return samples
    }

    @Test("is told as if its payload were written again", arguments: framings.map(\.name))
    func agreesWithWriting(_ name: String) {
        for framing in Self.framings where framing.name == name {
            let samples = Self.samples(framing)
            var canonical = 0
            for (frame, payload) in samples {
                var scratch = ByteWriter()
                let expected = Self.write(Array(frame[payload]), framing) == frame
                let found = framing.isCanonical(frame.span.bytes, payload: payload, scratch: &scratch)
                // The payload of a frame that was read stands in its place; for another one it is enough that none is taken
                // for canonical that is not.
                #expect(!found || expected, "\(frame.prefix(20)), payload at \(payload)")
                canonical += found ? 1 : 0
            }
            #expect(canonical > 0 || samples.isEmpty)
        }
    }
}
