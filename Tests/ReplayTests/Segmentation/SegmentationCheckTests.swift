import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("What cutting in different ways finds")
struct SegmentationCheckTests {
    /// Messages of a session: each is sent at a line, and has so many bytes.
    private static let messages = [
        (line: 3, bytes: 40), (line: 5, bytes: 40), (line: 7, bytes: 40), (line: 9, bytes: 40),
    ]

    /// The replay of a server that fails at the places which it is told.
    private static func replay(
        _ options: ReplayOptions, plainFails: Bool = false, failsAt: (SegmentPoint) -> Bool
    ) -> RecordingReport {
        var report = RecordingReport(path: "a")
        report.duration = 1_000
        report.findings.sessions = 1
        var failing: SegmentPoint?
        if let way = options.segmentation {
            var plan = SegmentPlan(way)
            for (number, message) in messages.enumerated() {
                let subject = SegmentPlan.Subject(session: 1, message: number + 1, line: message.line)
                if number > 0 { _ = plan.joins(subject) }
                _ = plan.cuts(subject, of: message.bytes)
            }
            report.findings.segmentPoints = plan.points
            failing = plan.points.first(where: failsAt)
        }
        if failing != nil || plainFails {
            report.findings.differences = [
                Difference(
                    .refused(reason: "x"), session: 1, line: failing.map { $0.line + 1 } ?? 4, time: 0)
            ]
        }
        return report
    }

    private static let matrix: [Segmentation] = [.whole, .bytes, .coalesce, .random(seed: 1)]

    private func check(
        _ ways: [Segmentation] = matrix, plainFails: Bool = false, lengthBytes: Int? = nil,
        failsAt: @escaping (SegmentPoint) -> Bool
    ) async throws -> SegmentationResult {
        var check = SegmentationCheck(options: ReplayOptions(), lengthBytes: lengthBytes) {
            Self.replay($0, plainFails: plainFails, failsAt: failsAt)
        }
        let report = await check.run(ways)
        return try #require(report.segmentation)
    }

    @Test("nothing, of a server that is right")
    func right() async throws {
        let result = try await check { _ in false }
        #expect(result.findings.isEmpty && result.searches == 0)
        #expect(result.names == ["whole", "bytes", "coalesce", "random:1"])
        #expect(result.ways.allSatisfy { $0.passed })
    }

    @Test("pieces, with the first message and the first cut that show it")
    func pieces() async throws {
        let result = try await check { if case .cut = $0.place { true } else { false } }
        #expect(
            result.findings == [
                SegmentationFinding(
                    way: "bytes", verdict: .inPieces,
                    shortest: [SegmentPoint(.cut(after: 1), session: 1, message: 1, line: 3)], showsAlone: true)
            ])
        #expect(result.searches <= 3)
    }

    @Test("one cut of one message among many, in few replays")
    func oneCut() async throws {
        let place = SegmentPoint(.cut(after: 17), session: 1, message: 3, line: 7)
        let result = try await check { $0 == place }
        #expect(result.findings.map(\.shortest) == [[place]])
        #expect(result.findings.map(\.verdict) == [.inPieces])
        #expect(result.searches < 20, "\(result.searches)")
    }

    @Test("a length in pieces, where cuts behind it do no harm")
    func length() async throws {
        let result = try await check(lengthBytes: 4) {
            if case .cut(let count) = $0.place { count < 4 } else { false }
        }
        #expect(result.findings.map(\.verdict) == [.lengthInPieces])
    }

    @Test("two messages in one read, by the plain way and by chance with its seed")
    func joins() async throws {
        for ways in [Self.matrix, [.coalesce], [.whole, .random(seed: 7)]] {
            let result = try await check(ways) { $0.place == .join && $0.message > 2 }
            let finding = try #require(result.findings.first)
            #expect(result.findings.count == 1)
            #expect(finding.verdict == .twoInOneRead)
            #expect(finding.shortest.count == 1 && finding.shortest.first?.place == .join)
            #expect(finding.way == (ways.last == .random(seed: 7) ? "random:7" : "coalesce"))
        }
    }

    @Test("both kinds, each with its sentence")
    func both() async throws {
        let result = try await check { _ in true }
        #expect(result.findings.map(\.verdict) == [.inPieces, .twoInOneRead])
        #expect(!result.names.contains("random:1"))
    }

    @Test("nothing to do with it, where it fails in any way", arguments: [Self.matrix, [.bytes]])
    func notTheCause(ways: [Segmentation]) async throws {
        let result = try await check(ways, plainFails: true) { _ in false }
        #expect(result.findings.map(\.verdict) == [.notTheCause])
        #expect(result.searches == 0)
    }

    @Test("that messages must arrive together, where only those on their own fail")
    func apart() async throws {
        var check = SegmentationCheck(options: ReplayOptions()) {
            Self.replay($0, plainFails: $0.segmentation == .whole) { _ in false }
        }
        let report = await check.run(Self.matrix)
        #expect(report.segmentation?.findings.map(\.verdict) == [.apart])
    }

    @Test("a fault that does not come again is said to be unclear, and the search ends")
    func fleeting() async throws {
        var count = 0
        var check = SegmentationCheck(options: ReplayOptions()) { options in
            count += 1
            return Self.replay(options) { _ in options.segmentation == .bytes }
        }
        let report = await check.run(Self.matrix)
        let result = try #require(report.segmentation)
        #expect(result.findings.map(\.verdict) == [.unclear])
        #expect(count < 10)
    }

    @Test("a replay that cannot be done ends it, with that problem")
    func impossible() async throws {
        var check = SegmentationCheck(options: ReplayOptions()) { options in
            var report = Self.replay(options) { _ in false }
            if options.segmentation == .bytes { report.problem = "interrupted" }
            return report
        }
        let report = await check.run(Self.matrix)
        #expect(report.outcome == .impossible("interrupted"))
    }

    @Test("the bytes that say a length are known of each framing")
    func lengths() throws {
        for (codec, expected) in [
            ("raw/u32be", 4), ("raw/u16le", 2), ("raw/u8", nil), ("raw/lines", nil), ("json/content-length", 21),
            ("raw/chunks", nil), ("pickle/stream", nil), ("raw/mp", 4),
        ] as [(String, Int?)] {
            #expect(try CodecRegistry.codec(named: codec).framing.lengthBytes == expected, "\(codec)")
        }
    }
}
