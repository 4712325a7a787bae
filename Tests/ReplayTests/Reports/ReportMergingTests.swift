import Testing

@testable import Replay

@Suite("Putting reports together")
struct ReportMergingTests {
    private func part(_ shard: Shard?, _ paths: [String], uses: [Bool] = []) -> (name: String, report: Report) {
        var report = Report(tool: "tapedeck", started: "2026-11-29T10:00:0\(shard?.number ?? 0)Z")
        report.duration = Int64(paths.count)
        report.shards = [shard].compactMap(\.self)
        report.recordings = paths.map { RecordingResult(path: $0, attempts: [ReplayAttempt(outcome: .passed)]) }
        report.rules = uses.enumerated().map { RuleUse(text: "\($0)", origin: "", isUsed: $1) }
        return ("\(shard?.description ?? "-").json", report)
    }

    @Test("gives one of no shard with all recordings in their order, from the first start on")
    func whole() throws {
        let (report, missing) = try Report.merged([
            part(Shard(2, of: 2), ["b", "d", "a/z"], uses: [true, false, false]),
            part(Shard(1, of: 2), ["c", "a"], uses: [false, false, true]),
        ])
        #expect(missing.isEmpty && report.shards.isEmpty)
        #expect(report.recordings.map(\.path) == ["a", "a/z", "b", "c", "d"])
        #expect(report.started == "2026-11-29T10:00:01Z" && report.duration == 3)
        #expect(report.unusedRules.map(\.text) == ["1"], "a rule that one shard has no use for another may use")
        #expect(report.status == .passed)
    }

    @Test("tells which shards are lacking, and can go on with those that come later")
    func missing() throws {
        let (first, missing) = try Report.merged([part(Shard(3, of: 3), ["c"]), part(Shard(1, of: 3), ["a"])])
        #expect(missing.map(\.description) == ["2/3"])
        #expect(first.shards.map(\.description) == ["1/3", "3/3"])
        let (all, none) = try Report.merged([("first", first), part(Shard(2, of: 3), ["b"])])
        #expect(none.isEmpty && all.shards.isEmpty && all.recordings.count == 3)
    }

    @Test("refuses shards of different runs, and one twice")
    func faults() {
        #expect(throws: ReportMergeFault(description: "1/2.json and 1/2.json are both shard 1/2")) {
            try Report.merged([part(Shard(1, of: 2), []), part(Shard(1, of: 2), [])])
        }
        #expect(throws: ReportMergeFault.self) {
            try Report.merged([part(Shard(1, of: 2), []), part(Shard(2, of: 3), [])])
        }
    }

    @Test("keeps repetitions, interruptions and reports of no shard")
    func others() throws {
        var one = part(nil, ["a", "a"])
        one.report.recordings[0].repetition = 2
        one.report.recordings[1].repetition = 1
        one.report.isInterrupted = true
        let (report, _) = try Report.merged([one, part(nil, ["a"])])
        #expect(report.recordings.map(\.repetition) == [nil, 1, 2])
        #expect(report.status == .interrupted)
        #expect(try Report.merged([]).report.recordings.isEmpty)
    }
}
