import Testing

@testable import Server

@Suite("What is asked of the server behind a mock")
struct FallbackTurnsTests {
    private let first: [UInt8] = [1]
    private let second: [UInt8] = [2]

    @Test("waits for the connection, and each question for the answer to the one before")
    func order() {
        var turns = FallbackTurns(greetings: 0)
        #expect(turns.ask(first) == .connect)
        #expect(turns.connected() == .write(first))
        #expect(turns.isAwaiting)
        #expect(turns.readCompleted() == .none)
        #expect(turns.received() == true)
        #expect(turns.received() == true)
        #expect(turns.readCompleted() == .goOn)
        #expect(!turns.isAwaiting)
        // Nobody waits for what comes later, and it is passed on.
        #expect(turns.received() == true)
        #expect(turns.readCompleted() == .none)
        #expect(turns.ask(second) == .write(second))
        #expect(turns.readCompleted() == .none)
        #expect(turns.received() == true)
        #expect(turns.readCompleted() == .goOn)
    }

    @Test("comes behind a greeting that the client has had from the mock, and that is left out")
    func greeting() {
        var turns = FallbackTurns(greetings: 2)
        #expect(turns.ask(first) == .connect)
        #expect(turns.connected() == .none)
        #expect(turns.received() == false)
        #expect(turns.readCompleted() == .none)
        #expect(turns.received() == false)
        // What comes with it came before anything was asked.
        #expect(turns.received() == false)
        #expect(turns.request == first)
        #expect(turns.readCompleted() == .write(first))
        #expect(turns.request.isEmpty)
        #expect(turns.received() == true)
    }

    @Test("does without a greeting that does not come, and then without an answer")
    func late() {
        var turns = FallbackTurns(greetings: 1)
        #expect(turns.ask(first) == .connect)
        #expect(turns.timedOut("early") == .none)
        #expect(turns.connected() == .none)
        #expect(turns.timedOut("greeting") == .write(first))
        #expect(turns.timedOut("answer") == .giveUp(reason: "answer"))
        #expect(turns.timedOut("again") == .none)
        #expect(turns.ask(second) == .write(second))
    }

    @Test("is given up when there is no connection, or none any more; why is said once")
    func over() {
        var refused = FallbackTurns(greetings: 1)
        #expect(refused.ask(first) == .connect)
        #expect(refused.ended("refused") == .giveUp(reason: "refused"))
        #expect(refused.connected() == .none)
        #expect(refused.ask(second) == .giveUp(reason: nil))
        #expect(refused.ended("again") == .none)

        var closed = FallbackTurns(greetings: 0)
        #expect(closed.ask(first) == .connect)
        #expect(closed.connected() == .write(first))
        #expect(closed.received() == true)
        #expect(closed.readCompleted() == .goOn)
        // Nobody asks: it is said to who asks next.
        #expect(closed.ended("closed") == .none)
        #expect(closed.ask(second) == .giveUp(reason: "closed"))
        #expect(closed.ask(second) == .giveUp(reason: nil))
        #expect(closed.received() == false)
    }

    @Test("goes on with a question until it is answered, where nothing else ends one")
    func more() {
        var turns = FallbackTurns(greetings: 0)
        #expect(turns.askMore(second) == .none)
        #expect(turns.ask(first) == .connect)
        #expect(turns.askMore(second) == .none)
        #expect(turns.connected() == .write(first + second))
        #expect(turns.askMore(first) == .write(first))
        #expect(turns.received() == true)
        #expect(turns.readCompleted() == .goOn)
        #expect(turns.askMore(second) == .none)
        #expect(turns.ask(second) == .write(second))
        #expect(turns.ended("closed") == .giveUp(reason: "closed"))
        #expect(turns.askMore(first) == .none)
    }

    @Test("has one question under way at most")
    func one() {
        var turns = FallbackTurns(greetings: 0)
        #expect(turns.ask(first) == .connect)
        #expect(turns.ask(second) == .giveUp(reason: nil))
    }
}
