import Codecs

/// What must hold for any bytes that are read as a stream of a codec.
enum StreamProperties {
    static func check(_ codec: Codec, _ bytes: CaseBytes) throws(PropertyFailure) {
        var random = SeededGenerator(seed: bytes.hash)
        var limits = DecodingLimits()
        if random.once(in: 2) { limits.maximumFrameBytes = random.pick([0, 1, 2, 5, 16, 100, 1000, 4096]) }
        if random.once(in: 4) { limits.maximumOpcodes = random.below(12) }
        let whole = try Reading(bytes, codec, limits, ends: [bytes.count])
        try checkFrames(codec, whole, limits)
        guard bytes.count < 4096 else { return }
        try compare(codec, whole, Reading(bytes, codec, limits, ends: Array(1..<(bytes.count + 1))), "byte by byte")
        for _ in 0..<2 {
            var ends: [Int] = []
            while ends.last ?? 0 < bytes.count {
                ends.append(min(bytes.count, (ends.last ?? 0) + 1 + random.below(40)))
            }
            try compare(codec, whole, Reading(bytes, codec, limits, ends: ends), "in pieces that end at \(ends)")
        }
    }

    private static func compare(
        _ codec: Codec, _ whole: Reading, _ cut: Reading, _ how: String
    ) throws(PropertyFailure) {
        if !codec.framing.keepsBoundaries {
            return try require(
                whole.payloads.joined().elementsEqual(cut.payloads.joined()), "bytes are lost or added by a cut", how)
        }
        let both = { "\(how): \(cut) instead of \(whole)" }
        try require(whole.payloads == cut.payloads, "a cut gives other frames", both())
        try require(whole.frameBytes == cut.frameBytes, "a cut gives frames of other lengths", both())
        try require(whole.errors.map(\.layer) == cut.errors.map(\.layer), "a cut gives other errors", both())
        try require(whole.errors.map(\.offset) == cut.errors.map(\.offset), "a cut gives errors elsewhere", both())
        try require(
            whole.errors.map { $0.frame != nil } == cut.errors.map { $0.frame != nil },
            "a cut makes the difference whether reading goes on", both())
        try require(whole.rest == cut.rest || !whole.errors.isEmpty, "a cut leaves another rest", both())
        try require(whole.endsCleanly == cut.endsCleanly, "a cut ends cleanly or not", both())
    }

    /// What a framing found it can write, and finds again.
    private static func checkFrames(
        _ codec: Codec, _ whole: Reading, _ limits: DecodingLimits
    ) throws(PropertyFailure) {
        for payload in whole.payloads.prefix(20) {
            var frame = ByteWriter()
            do throws(FramingError) { try codec.framing.write(payload: payload.span.bytes, into: &frame) } catch {
                try require(error.code == .cannotCarry, "writing a frame fails in another way", "\(error)")
                try require(frame.count == 0, "an error leaves half a frame behind")
                continue
            }
            let written = CaseBytes.shared
            written.replace(with: frame.array)
            let again = try Reading(written, codec, DecodingLimits(), ends: [frame.count])
            try require(
                again.payloads == [payload] || (payload.isEmpty && !codec.framing.keepsBoundaries),
                "a frame that was written reads as another", "\(payload) as \(again)")
        }
    }
}

extension CaseBytes {
    /// A second place for bytes, used by one check at a time.
    nonisolated(unsafe) static let shared = CaseBytes()
}

/// What a stream read as, in one cut.
struct Reading: CustomStringConvertible {
    var payloads: [[UInt8]] = []
    var frameBytes: [Int] = []
    var errors: [MessageError] = []
    var rest: Range<Int> = 0..<0
    var endsCleanly = true

    init(_ bytes: CaseBytes, _ codec: Codec, _ limits: DecodingLimits, ends: [Int]) throws(PropertyFailure) {
        var reader = MessageReader(codec: codec, limits: limits)
        let tree = ValueTree()
        var offset = 0
        var isLost = false
        for end in ends {
            while !isLost,
                try step(
                    bytes, offset..<end, &offset, &isLost,
                    { span throws(MessageError) in
                        try reader.nextMessage(in: span, into: tree)
                    })
            {}
        }
        while !isLost,
            try step(
                bytes, offset..<bytes.count, &offset, &isLost,
                { span throws(MessageError) in
                    try reader.finish(in: span, into: tree)
                })
        {}
        rest = offset..<bytes.count
        endsCleanly = bytes.withPiece(rest) { reader.endsCleanly(with: $0) }
    }

    /// Takes one frame; false when there is none.
    private mutating func step(
        _ bytes: CaseBytes, _ available: Range<Int>, _ offset: inout Int, _ isLost: inout Bool,
        _ next: (RawSpan) throws(MessageError) -> FrameExtent?
    ) throws(PropertyFailure) -> Bool {
        let frame: FrameExtent
        do throws(MessageError) {
            // The case itself ends where memory does; a piece of it is moved there, unless that takes too long.
            let found =
                available.count > 2048 || available.upperBound == bytes.count
                ? try next(bytes.span.extracting(available)) : try bytes.withPiece(available, next)
            guard let found else { return false }
            frame = found
            payloads.append(Array(bytes.array[available][payloadRange(frame, available)]))
            frameBytes.append(frame.frameBytes)
        } catch {
            errors.append(error)
            guard let extent = error.frame else {
                isLost = true
                return false
            }
            frame = extent
        }
        try PropertyFailure.checkExtent(frame, available.count)
        offset += frame.frameBytes
        return true
    }

    private func payloadRange(_ frame: FrameExtent, _ available: Range<Int>) -> Range<Int> {
        let lower = available.lowerBound + frame.payload.lowerBound
        return lower..<lower + frame.payload.count
    }

    var description: String {
        "\(payloads.map { PayloadProperties.shown($0) }) \(frameBytes) \(errors.map { "\($0.layer) \($0)" }) rest \(rest)"
    }
}

extension PropertyFailure {
    static func checkExtent(_ frame: FrameExtent, _ available: Int) throws(PropertyFailure) {
        let isInside =
            frame.frameBytes > 0 && frame.frameBytes <= available && frame.payload.lowerBound >= 0
            && frame.payload.upperBound <= frame.frameBytes
        try require(isInside, "a frame takes no bytes, or more than there are", "\(frame) in \(available) bytes")
    }
}
