import Codecs
import Testing

@Suite("The scanner for streams of pickles")
struct PickleStreamScannerTests {
    private static func scan(
        _ bytes: [UInt8], limits: DecodingLimits = DecodingLimits()
    ) -> Result<Int?, FramingError> {
        var scanner = PickleStreamScanner(limits: limits)
        do throws(FramingError) {
            return .success(try scanner.nextFrame(in: bytes.span.bytes)?.frameBytes)
        } catch {
            return .failure(error)
        }
    }

    private static func isTooLong(_ result: Result<Int?, FramingError>) -> Bool {
        if case .failure(let error) = result { error.code == .tooLong } else { false }
    }

    /// xorshift64*, so that a failure can be had again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }
    }

    @Test("finds the end that the reader finds, in what CPython wrote and in mutations of it")
    func agreesWithReader() {
        var generator = Generator(state: 20_241)
        let tree = ValueTree()
        for item in PickleCorpus.cases where item.bytes.count < 2000 {
            var bytes = item.bytes
            for round in 0..<12 {
                if round > 0 {
                    bytes = item.bytes
                    for _ in 0..<Int.random(in: 1...3, using: &generator) {
                        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                            in: 0...255, using: &generator)
                    }
                }
                let found = Self.scan(bytes)
                switch PickleVerdict(bytes, tree: tree) {
                case .read(let end): #expect(found == .success(end), "\(item.name): \(bytes)")
                case .refused(let error) where error.code == .truncated && !error.reason.hasPrefix("FRAME"):
                    if case .failure(let early) = found {
                        #expect(early.code == .tooLong && early.offset == error.offset, "\(item.name): \(bytes)")
                    } else {
                        #expect(found == .success(nil), "\(item.name): \(bytes), \(error)")
                    }
                case .refused: break
                }
            }
        }
    }

    @Test("finds the same end when the bytes come one by one")
    func drip() {
        for item in PickleCorpus.cases where item.bytes.count < 3000 {
            let whole = Self.scan(item.bytes)
            var scanner = PickleStreamScanner(limits: DecodingLimits())
            var dripped: Int?
            for count in 0...item.bytes.count where dripped == nil {
                dripped = try? scanner.nextFrame(in: item.bytes.span.bytes.extracting(0..<count))?.frameBytes
                if let dripped { #expect(dripped == count) }
            }
            #expect(whole == .success(dripped), "\(item.name)")
        }
    }

    @Test("cuts pickles that follow each other")
    func follow() throws {
        let parts = PickleCorpus.cases.filter { !$0.isHandMade }.prefix(300).map(\.bytes)
        let stream = parts.flatMap { $0 }
        var scanner = PickleStreamScanner(limits: DecodingLimits())
        var start = 0
        for part in parts {
            let frame = try scanner.nextFrame(in: stream.span.bytes.extracting(start..<stream.count))
            #expect(frame == FrameExtent(payload: 0..<part.count, frameBytes: part.count))
            start += frame?.frameBytes ?? 0
        }
        #expect(try scanner.nextFrame(in: stream.span.bytes.extracting(start..<stream.count)) == nil)
    }

    @Test(
        "refuses at once what cannot become a pickle",
        arguments: [
            ([0x7B], FramingError.Code.malformed, 0), ([0x4E, 0xFF], .malformed, 1),
            ([0x8B, 0xFF, 0xFF, 0xFF, 0xFF], .malformed, 0), ([0x54, 0, 0, 0, 0x80], .malformed, 0),
            ([0x4E, 0x58, 0xFF, 0xFF, 0xFF, 0xFF], .tooLong, 1), ([0x42, 0, 0, 0, 0x10], .tooLong, 0),
            ([0x8E, 0, 0, 0, 0, 0, 0, 0, 0x10], .tooLong, 0), ([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], .tooLong, 0),
            ([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0x10], .tooLong, 2),
            ([0x96, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .tooLong, 0),
        ] as [([UInt8], FramingError.Code, Int)])
    func refuses(bytes: [UInt8], code: FramingError.Code, offset: Int) {
        guard case .failure(let error) = Self.scan(bytes) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == code)
        #expect(error.offset == offset)
    }

    @Test("keeps to its limits")
    func limits() {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = 10
        let text: [UInt8] = [0x8C, 7] + Array("abcdefg".utf8)
        #expect(Self.scan(text + [0x2E], limits: limits) == .success(10))
        #expect(Self.isTooLong(Self.scan(text + [0x94, 0x2E], limits: limits)))
        #expect(Self.isTooLong(Self.scan([0x8C, 9], limits: limits)))
        #expect(Self.isTooLong(Self.scan(Array("Vabcdefghijkl".utf8), limits: limits)))
        limits.maximumFrameBytes = 100
        limits.maximumOpcodes = 5
        #expect(Self.scan(Array("NNNN.".utf8), limits: limits) == .success(5))
        #expect(Self.isTooLong(Self.scan(Array("NNNNN.".utf8), limits: limits)))
        #expect(Self.isTooLong(Self.scan(Array("NNNNNN".utf8), limits: limits)))
    }

    @Test("writes whole pickles only")
    func writes() throws {
        let framing = PickleStreamFraming()
        var output = ByteWriter()
        try framing.write(payload: Array("K\u{1}.".utf8).span.bytes, into: &output)
        #expect(output.array == Array("K\u{1}.".utf8))
        for wrong in ["", "N", "N.N", "N..", "{}"] {
            do throws(FramingError) {
                try framing.write(payload: Array(wrong.utf8).span.bytes, into: &output)
                Issue.record("carried \(wrong)")
            } catch {
                #expect(error.code == .cannotCarry)
            }
        }
    }
}
