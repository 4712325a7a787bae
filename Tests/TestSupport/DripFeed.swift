package import Codecs

/// How a stream is cut into reads.
package enum Cut: Sendable, Hashable, CustomStringConvertible {
    case whole
    case bytes
    /// Pieces of 1 to 64 bytes.
    case random(seed: UInt64)

    package var description: String {
        switch self {
        case .whole: "whole"
        case .bytes: "byte by byte"
        case .random(let seed): "random cuts, seed \(seed)"
        }
    }

    /// Where the pieces of so many bytes end.
    func ends(of count: Int) -> [Int] {
        switch self {
        case .whole: return [count]
        case .bytes: return count == 0 ? [0] : Array(1...count)
        case .random(let seed):
            var generator = SeededGenerator(seed: seed)
            var ends: [Int] = []
            while (ends.last ?? 0) < count {
                ends.append(min((ends.last ?? 0) + Int.random(in: 1...64, using: &generator), count))
            }
            return ends
        }
    }
}

/// What a stream read as.
package struct DripFeedResult: Sendable, Hashable {
    package var payloads: [[UInt8]] = []
    /// How many bytes each frame took from the stream.
    package var frameBytes: [Int] = []
    /// Errors in order; reading went on behind those that have a frame.
    package var errors: [MessageError] = []
    /// Bytes that no frame took.
    package var rest: [UInt8] = []
    package var endsCleanly = true
}

/// Gives a stream to a message reader in pieces, as a socket would.
package enum DripFeed {
    package static func read(
        _ stream: [UInt8], as codec: Codec, cut: Cut = .whole, limits: DecodingLimits = DecodingLimits(),
        finishing: Bool = true
    ) -> DripFeedResult {
        var result = DripFeedResult()
        var reader = MessageReader(codec: codec, limits: limits)
        let tree = ValueTree()
        var offset = 0
        for end in cut.ends(of: stream.count) {
            while step(
                &result, stream[offset..<end], &offset,
                { bytes throws(MessageError) in
                    try reader.nextMessage(in: bytes, into: tree)
                })
            {}
            if result.isLost { return result.ending(with: stream[offset...], reader) }
        }
        while finishing,
            step(
                &result, stream[offset...], &offset,
                { bytes throws(MessageError) in
                    try reader.finish(in: bytes, into: tree)
                })
        {}
        return result.ending(with: stream[offset...], reader)
    }

    /// Takes one frame; false when more bytes are needed or the stream is lost.
    private static func step(
        _ result: inout DripFeedResult, _ available: ArraySlice<UInt8>, _ offset: inout Int,
        _ next: (RawSpan) throws(MessageError) -> FrameExtent?
    ) -> Bool {
        let start = offset
        do throws(MessageError) {
            guard let frame = try next(available.span.bytes) else { return false }
            let payload = available[start + frame.payload.lowerBound..<start + frame.payload.upperBound]
            result.payloads.append(Array(payload))
            result.frameBytes.append(frame.frameBytes)
            offset += frame.frameBytes
            return true
        } catch {
            result.errors.append(error)
            offset += error.frame?.frameBytes ?? 0
            return error.frame != nil
        }
    }
}

extension DripFeedResult {
    fileprivate var isLost: Bool { errors.last.map { $0.frame == nil } ?? false }

    fileprivate func ending(with rest: ArraySlice<UInt8>, _ reader: MessageReader) -> DripFeedResult {
        var result = self
        result.rest = Array(rest)
        result.endsCleanly = reader.endsCleanly(with: rest.span.bytes)
        return result
    }
}
