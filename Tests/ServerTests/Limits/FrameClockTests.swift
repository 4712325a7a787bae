import Testing

@testable import Server

@Suite("The time of a message") struct FrameClockTests {
    private var clock = FrameClock()

    @Test("counts from its first byte")
    mutating func age() {
        clock.begin(at: 7)
        #expect(clock.age(at: 7) == 0)
        #expect(clock.age(at: 12) == 5)
        clock.begin(at: 20)
        #expect(clock.age(at: 21) == 1)
    }

    @Test("stands still while its client is not read, and goes on afterwards")
    mutating func pauses() {
        clock.begin(at: 0)
        clock.pause(at: 3)
        clock.pause(at: 50)
        #expect(clock.age(at: 100) == 3)
        clock.goOn(at: 100)
        #expect(clock.age(at: 100) == 3)
        clock.goOn(at: 104)
        #expect(clock.age(at: 104) == 7)
    }

    @Test("comes to its end however often the client has the server stop reading")
    mutating func manyPauses() {
        clock.begin(at: 0)
        for burst in 0..<10 {
            clock.pause(at: 10 * burst + 2)
            clock.goOn(at: 10 * burst + 10)
        }
        #expect(clock.age(at: 100) == 20)
    }

    @Test("begins anew with a message that begins while its client is not read")
    mutating func beginsPaused() {
        clock.begin(at: 0)
        clock.pause(at: 5)
        clock.begin(at: 8)
        #expect(clock.age(at: 30) == 0)
        clock.goOn(at: 30)
        #expect(clock.age(at: 33) == 3)
    }
}
