import NIOCore
import Testing

@testable import Server

@Suite("A limit of time, in ticks")
struct LoopTicksTests {
    @Test(
        "never ends too early, and at most a sixteenth or a second too late",
        arguments: [Duration.milliseconds(200), .seconds(1), .seconds(3), .seconds(60), .seconds(3_600)])
    func ticks(time: Duration) throws {
        var limits = ConnectionLimits()
        limits.idleTime = time
        limits.frameTime = nil
        let ticks = LoopTicks(limits)
        let idle = try #require(ticks.idle)
        let interval = ticks.interval.nanoseconds
        let nanoseconds = TimeAmount(time).nanoseconds
        // The first tick may come at once after what passed last, the last one is due an interval after the one before.
        #expect(Int64(idle - 1) * interval >= nanoseconds)
        #expect(Int64(idle) * interval <= nanoseconds + 2 * max(min(nanoseconds / 16, 1_000_000_000), 10_000_000))
        #expect(ticks.frame == nil)
        #expect(ticks.relayIdle == nil)
    }

    @Test("is said as a person says it")
    func phrases() {
        let times: [Duration] = [.seconds(1), .milliseconds(1_500), .seconds(60), .seconds(90), .seconds(7_200)]
        #expect(times.map(\.phrase) == ["1 second", "1500 milliseconds", "1 minute", "90 seconds", "2 hours"])
    }
}

@Suite("What connections share")
struct MemoryBudgetTests {
    @Test("of memory is exceeded above its limit, not at it, and names the loop that holds the most")
    func limit() {
        let budget = MemoryBudget(limit: 100, loops: 3)
        #expect(!budget.change(by: 60, in: budget.shares[1]))
        #expect(!budget.change(by: 40, in: budget.shares[2]))
        #expect(!budget.isExceeded)
        #expect(budget.change(by: 1, in: budget.shares[2]))
        #expect(budget.isExceeded)
        #expect(budget.largest == 1)
        #expect(!budget.change(by: -60, in: budget.shares[1]))
        #expect(!budget.isExceeded)
        #expect(budget.largest == 2)
        #expect(budget.heldBytes == 41)
    }

    @Test("of places has one for each client up to its limit, and takes places back")
    func places() {
        let places = ConnectionPlaces(limit: 2)
        #expect(places.take())
        #expect(places.take())
        #expect(!places.take())
        places.giveBack()
        #expect(places.take())
        #expect(!places.take())
    }
}
