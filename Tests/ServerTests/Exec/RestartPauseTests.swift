import NIOCore
import Testing

@testable import Server

@Suite("A child that ends again and again")
struct RestartPauseTests {
    @Test("is started after a pause that doubles up to ten seconds, and is short again when it ran that long")
    func pauses() {
        var pause = RestartPause()
        let pauses = (0..<9).map { _ in pause.take(afterRunning: .milliseconds(20)) }
        #expect(pauses == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map { .milliseconds($0) })
        #expect(pause.take(afterRunning: .seconds(9)) == .seconds(10))
        #expect(pause.take(afterRunning: .seconds(10)) == .milliseconds(100))
        #expect(pause.take(afterRunning: .zero) == .milliseconds(200))
    }

    @Test("shows a hundred lines a second of what it has to say, and counts the others")
    func lines() {
        var budget = LineBudget()
        let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
        let shown = (0..<150).filter { _ in budget.take(at: start) }
        #expect(shown.count == 100)
        #expect(budget.leftOut == 50)
        let isShownLater = [999, 1_000].map { budget.take(at: start + .milliseconds($0)) }
        #expect(isShownLater == [false, true])
        let counts = [budget.takeLeftOut(), budget.takeLeftOut()]
        #expect(counts == [51, 0])
    }
}
