import Codecs
import TestSupport
import Testing

@Suite("The scanner for streams of MessagePack")
struct MessagePackStreamFramingTests {
    private static func scan(
        _ bytes: [UInt8], limits: DecodingLimits = DecodingLimits()
    ) -> Result<Int?, FramingError> {
        var scanner = MessagePackStreamFraming().makeScanner(limits: limits)
        do throws(FramingError) {
            return .success(try scanner.nextFrame(in: bytes.span.bytes)?.frameBytes)
        } catch {
            return .failure(error)
        }
    }

    @Test("finds the end that the reference finds")
    func agreesWithTheReference() {
        for question in MessagePackCorpus.questions {
            let result = Self.scan(question.payload)
            switch question.answer {
            case .end(let end): #expect(result == .success(end), "\(question.name): \(question.payload)")
            case .wantsMore:
                if case .failure(let error) = result {
                    #expect(error.code == .tooLong, "\(question.name): \(question.payload)")
                } else {
                    #expect(result == .success(nil), "\(question.name): \(question.payload)")
                }
            case .refused: #expect(throws: FramingError.self) { try result.get() }
            }
        }
    }

    @Test(
        "refuses at once what claims more than a message may have",
        arguments: [
            ([0xC6, 0xFF, 0xFF, 0xFF, 0xFF], 0), ([0xDB, 0x04, 0, 0, 0], 0), ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF], 0),
            ([0xDF, 0x02, 0, 0, 0], 0), ([0x92, 0x01, 0xC9, 0xFF, 0xFF, 0xFF, 0xFF], 2),
        ] as [([UInt8], Int)])
    func claims(_ bytes: [UInt8], _ offset: Int) {
        guard case .failure(let error) = Self.scan(bytes) else {
            Issue.record("not refused")
            return
        }
        #expect(error.code == .tooLong)
        #expect(error.offset == offset)
    }

    @Test("needs no memory for nesting: 1,000,000 levels have an end")
    func deep() {
        #expect(Self.scan([UInt8](repeating: 0x91, count: 1_000_000) + [0xC0]) == .success(1_000_001))
    }

    @Test("carries exactly one value", arguments: [[], [0x92, 0x01], [0x01, 0x02], [0xC1]] as [[UInt8]])
    func carriesWholeValues(_ payload: [UInt8]) {
        var output = ByteWriter()
        let error = #expect(throws: FramingError.self) {
            try MessagePackStreamFraming().write(payload: payload.span.bytes, into: &output)
        }
        #expect(error?.code == .cannotCarry)
        #expect(output.count == 0)
    }
}
