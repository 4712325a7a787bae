import Testing

@testable import Replay

@Suite("Where the bytes of clients are cut")
struct SegmentPlanTests {
    /// Of something that changes while it is asked, which the macro's own captures cannot be.
    private func expect(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: sourceLocation)
    }

    private func subject(_ line: Int, message: Int = 1) -> SegmentPlan.Subject {
        SegmentPlan.Subject(session: 1, message: message, line: line)
    }

    @Test("whole messages and joined ones are not cut", arguments: [Segmentation.whole, .coalesce])
    func uncut(way: Segmentation) {
        var plan = SegmentPlan(way)
        expect(plan.cuts(subject(3), of: 100).isEmpty)
        expect(plan.joins(subject(4)) == (way == .coalesce))
        #expect(plan.points.count == (way == .coalesce ? 1 : 0))
    }

    @Test("byte by byte is so for 1,000 bytes, then pieces double")
    func bytes() {
        var plan = SegmentPlan(.bytes)
        expect(plan.cuts(subject(1), of: 4) == [1, 2, 3])
        expect(plan.cuts(subject(2), of: 1).isEmpty)
        expect(plan.cuts(subject(2), of: 0).isEmpty)
        let long = plan.cuts(subject(3), of: 1_010)
        #expect(long.prefix(1_000).elementsEqual(1...1_000))
        #expect(Array(long.dropFirst(1_000)) == [1_002, 1_006])
        #expect(plan.cuts(subject(4), of: 64 << 20).count < 1_100)
        #expect(plan.points.first == SegmentPoint(.cut(after: 1), session: 1, message: 1, line: 1))
    }

    @Test("after very many pieces messages are cut at their ends only")
    func bounded() {
        var plan = SegmentPlan(.bytes)
        var pieces = 0
        for line in 1...1_000 { pieces += plan.cuts(subject(line), of: 500).count + 1 }
        #expect(pieces < SegmentPlan.maximumPieces + 500 + 3_000)
        expect(plan.cuts(subject(2_000), of: 500) == [1, 499])
        expect(plan.cuts(subject(2_001), of: 2) == [1])
    }

    @Test("random places are the same for the same seed, whatever was asked before, and within the message")
    func random() {
        var places: Set<[Int]> = []
        for seed in UInt64(0)..<50 {
            var first = SegmentPlan(.random(seed: seed))
            var second = SegmentPlan(.random(seed: seed))
            _ = second.cuts(subject(1), of: 10)
            let cuts = first.cuts(subject(7), of: 10)
            expect(cuts == second.cuts(subject(7), of: 10))
            #expect(cuts.allSatisfy { (1...9).contains($0) } && cuts == cuts.sorted())
            expect(first.joins(subject(8)) == second.joins(subject(8)))
            places.insert(cuts)
        }
        #expect(places.count > 20)
    }

    @Test("chosen places are those and no other")
    func chosen() {
        var plan = SegmentPlan(
            .only([
                SegmentPoint(.cut(after: 3), session: 1, message: 1, line: 5),
                SegmentPoint(.cut(after: 1), session: 1, message: 1, line: 5),
                SegmentPoint(.cut(after: 99), session: 1, message: 1, line: 5),
                SegmentPoint(.join, session: 1, message: 2, line: 6),
            ]))
        expect(plan.cuts(subject(5), of: 10) == [1, 3])
        expect(plan.cuts(subject(6), of: 10).isEmpty)
        expect(plan.joins(subject(6)))
        expect(!plan.joins(subject(5)))
    }
}
