import Codecs
import TestSupport
import Testing

/// What every codec of the registry must do; a new one joins by standing in the list.
@Suite("Every codec") struct CodecContractTests {
    /// The registry's codecs, and some whose length counts more than the payload.
    static let codecs: [Codec] =
        CodecRegistry.all
        + ["json/u32be+4", "raw/u16le+2", "raw/u8+1"].compactMap { try? CodecRegistry.codec(named: $0) }

    static let framedCodecs = codecs.filter { $0.framing.name != "chunks" }

    static let cuts: [Cut] = [.whole, .bytes] + (1...8).map { .random(seed: $0) }

    /// The samples that the codec's framing carries, and their frames one after another.
    private static func stream(of codec: Codec) -> (payloads: [[UInt8]], bytes: [UInt8]) {
        var payloads: [[UInt8]] = []
        var output = ByteWriter()
        for sample in PayloadSamples.byPayloadName[codec.payload.name] ?? [] {
            do throws(FramingError) {
                try codec.framing.write(payload: sample.span.bytes, into: &output)
                payloads.append(sample)
            } catch {
                #expect(error.code == .cannotCarry)
            }
        }
        return (payloads, output.array)
    }

    @Test("has samples", arguments: codecs)
    func hasSamples(_ codec: Codec) {
        #expect(!Self.stream(of: codec).payloads.isEmpty)
    }

    @Test("reads what it wrote, in any cut", arguments: framedCodecs, cuts)
    func readsInAnyCut(_ codec: Codec, _ cut: Cut) {
        let stream = Self.stream(of: codec)
        let result = DripFeed.read(stream.bytes, as: codec, cut: cut)
        #expect(result.payloads == stream.payloads)
        #expect(result.errors.isEmpty)
        #expect(result.endsCleanly)
    }

    @Test("loses no byte and adds none", arguments: codecs.filter { $0.framing.name == "chunks" }, cuts)
    func keepsEveryByte(_ codec: Codec, _ cut: Cut) {
        let stream = Self.stream(of: codec)
        let result = DripFeed.read(stream.bytes, as: codec, cut: cut)
        #expect(Array(result.payloads.joined()) == stream.bytes)
    }

    @Test("writes its member of a line as the key and the text that it gives apart", arguments: codecs)
    func writesMember(_ codec: Codec) throws {
        let limits = DecodingLimits()
        let odd: [[UInt8]] =
            codec.payload.isStructured ? [] : [[], [0xFF], [0x41, 0x0A, 0x22, 0x00], [0x41, 0x0A, 0x22]]
        for payload in Self.stream(of: codec).payloads + odd {
            let (known, fresh) = (ValueTree(), ValueTree())
            for tree in [known, fresh] { try codec.payload.decode(payload.span.bytes, into: tree, limits: limits) }
            var apart = ByteWriter()
            var member = ByteWriter()
            apart.append(codec.payload.readableKey(of: known).member)
            let form = try codec.payload.writeReadable(known, limits: limits, into: &apart)
            #expect(try codec.payload.writeMember(fresh, limits: limits, into: &member) == form)
            #expect(member.array == apart.array)
            // The tree may know by now what it holds.
            member.removeAll()
            #expect(try codec.payload.writeMember(fresh, limits: limits, into: &member) == form)
            #expect(member.array == apart.array)
        }
    }

    @Test("gives no message more when the stream is cut off anywhere", arguments: framedCodecs)
    func survivesTruncation(_ codec: Codec) {
        let stream = Self.stream(of: codec)
        for count in 0..<stream.bytes.count {
            let cut = Array(stream.bytes.prefix(count))
            let result = DripFeed.read(cut, as: codec, finishing: false)
            #expect(result.errors.isEmpty, "cut at \(count)")
            #expect(result.payloads == Array(stream.payloads.prefix(result.payloads.count)), "cut at \(count)")
            #expect(result.frameBytes.reduce(0, +) <= count)
            let finished = DripFeed.read(cut, as: codec)
            #expect(finished.payloads.count + finished.errors.count <= result.payloads.count + 1, "cut at \(count)")
        }
    }

    @Test("takes a frame at the limit and refuses one byte more", arguments: framedCodecs)
    func keepsTheLimit(_ codec: Codec) throws {
        let stream = Self.stream(of: codec)
        let longest = try #require(stream.payloads.max { $0.count < $1.count })
        var output = ByteWriter()
        try codec.framing.write(payload: longest.span.bytes, into: &output)
        let whole = DripFeed.read(output.array, as: codec)
        let frameBytes = try #require(whole.frameBytes.first)
        for cut in [Cut.whole, .bytes] {
            for (limit, fits) in [(frameBytes + 1, true), (frameBytes, true), (frameBytes - 1, false)] {
                var limits = DecodingLimits()
                limits.maximumFrameBytes = limit
                let result = DripFeed.read(output.array, as: codec, cut: cut, limits: limits)
                #expect(result.payloads == (fits ? [longest] : []), "limit \(limit) of \(frameBytes), \(cut)")
                #expect(result.errors.map(\.layer) == (fits ? [] : [.framing(.tooLong)]), "limit \(limit), \(cut)")
            }
        }
    }

    @Test("gives a message's bytes back from its readable form where that says it is exact", arguments: codecs)
    func roundTripsReadableForm(_ codec: Codec) throws {
        let limits = DecodingLimits()
        for sample in PayloadSamples.byPayloadName[codec.payload.name] ?? [] {
            let tree = ValueTree()
            try codec.payload.decode(sample.span.bytes, into: tree, limits: limits)
            var text = ByteWriter()
            let form = try codec.payload.writeReadable(tree, limits: limits, into: &text)
            let line = ValueTree()
            try JSONFormat().decode(text.bytes, into: line, limits: limits)
            var payload = ByteWriter()
            try codec.payload.encodeReadable(
                form.key, line.root, settings: form.settings, limits: limits, into: &payload
            )
            if form.isExact { #expect(payload.array == sample) }
        }
    }

    @Test("reads a value that it encoded as the same value", arguments: CodecRegistry.payloads.map(\.format.name))
    func encodesWhatItDecoded(_ name: String) throws {
        let format = try CodecRegistry.codec(named: name).payload
        for sample in PayloadSamples.byPayloadName[name] ?? [] {
            let tree = ValueTree()
            try format.decode(sample.span.bytes, into: tree, limits: DecodingLimits())
            var once = ByteWriter()
            try format.encode(tree.root, settings: tree.settings, into: &once)
            try format.decode(once.bytes, into: tree, limits: DecodingLimits())
            var twice = ByteWriter()
            try format.encode(tree.root, settings: tree.settings, into: &twice)
            #expect(once.array == twice.array)
        }
    }

    @Test("reads a long frame byte by byte without starting again", .timeLimit(.minutes(1)), arguments: framedCodecs)
    func isLinear(_ codec: Codec) throws {
        var payload = try #require(PayloadSamples.long(of: codec.payload.name))
        var output = ByteWriter()
        do throws(FramingError) { try codec.framing.write(payload: payload.span.bytes, into: &output) } catch {
            // Too long for a short prefix: then as much as fits, where any bytes are a payload.
            payload = Array(payload.prefix(200))
            guard !codec.payload.isStructured else { return }
            try codec.framing.write(payload: payload.span.bytes, into: &output)
        }
        #expect(DripFeed.read(output.array, as: codec, cut: .bytes).payloads == [payload])
    }

    @Test("reads spoilt streams the same in any cut, and never traps", arguments: codecs)
    func survivesSpoiltStreams(_ codec: Codec) {
        let stream = Self.stream(of: codec).bytes
        var limits = DecodingLimits()
        limits.maximumFrameBytes = 4096
        for seed in 0..<150 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var spoilt = stream
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<spoilt.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: spoilt[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: spoilt.remove(at: at)
                default: spoilt.insert(UInt8.random(in: 0...255, using: &generator), at: at)
                }
            }
            let whole = DripFeed.read(spoilt, as: codec, limits: limits)
            guard codec.framing.name != "chunks" else { continue }
            let dripped = DripFeed.read(spoilt, as: codec, cut: .random(seed: seed), limits: limits)
            #expect(whole.payloads == dripped.payloads, "seed \(seed)")
            #expect(whole.errors.map(\.layer) == dripped.errors.map(\.layer), "seed \(seed)")
            #expect(whole.errors.map(\.offset) == dripped.errors.map(\.offset), "seed \(seed)")
        }
    }
}

extension Codec: CustomTestStringConvertible {
    package var testDescription: String { name }
}
