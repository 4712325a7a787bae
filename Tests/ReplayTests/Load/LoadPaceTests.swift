import Testing

@testable import Replay

@Suite("When the requests of a load are due")
struct LoadPaceTests {
    @Test("connections take turns, evenly, whatever the time is")
    func turns() {
        var first = LoadPace(rate: 100, connection: 0, of: 4, from: 1_000)
        var last = LoadPace(rate: 100, connection: 3, of: 4, from: 1_000)
        #expect((0..<3).map { _ in first.next(at: 999_999) } == [1_000, 41_000, 81_000])
        #expect((0..<3).map { _ in last.next(at: 0) } == [31_000, 71_000, 111_000])
    }

    @Test("without a rate that is now")
    func closed() {
        var pace = LoadPace(rate: nil, connection: 0, of: 1, from: 0)
        #expect(pace.next(at: 7) == 7)
        #expect(pace.overdue(at: 1_000_000) == 0)
    }

    @Test(
        "those that were due and not taken are known",
        arguments: [(0, 0), (1, 1), (10_000, 1), (10_001, 2), (95_000, 10)])
    func overdue(time: Int64, count: Int) {
        var pace = LoadPace(rate: 100, connection: 0, of: 1, from: 0)
        #expect(pace.overdue(at: time) == count)
        _ = pace.next(at: 0)
        #expect(pace.overdue(at: time) == max(count - 1, 0))
    }

    @Test("a rate that no time divides stays true over a million of them")
    func drift() {
        var pace = LoadPace(rate: 3, connection: 0, of: 1, from: 0)
        var last: Int64 = 0
        for _ in 0...1_000_000 { last = pace.next(at: 0) }
        #expect(last == 333_333_333_333)
    }
}
