import Recorder
import Replay
import Testing

@Suite("A mock that refers what it does not know to another server")
struct MockReferralTests {
    private static let events = #"""
        {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
        {"s":1,"from":"client","value":{"q":"x"}}
        {"s":1,"from":"server","value":1}
        """#

    @Test("answers what it knows, and counts what was answered elsewhere, which is no failure")
    func answered() throws {
        let mock = try MockConversation(Self.events, refers: true)
        _ = mock.open(1)
        #expect(try mock.say(1, #"{"q":"x"}"#) == ["1"])
        #expect(try mock.say(1, #"{"q":"y"}"#) == ["→"])
        mock.answerElsewhere(1)
        // There is nothing more to tell of it.
        mock.answerElsewhere(1)
        #expect(mock.leaveUnanswered(1).isEmpty)
        mock.close(1)
        let report = mock.mock.report
        #expect(report.answered == 1 && report.referred == 1 && report.unmatched == 0)
        let text = MockReportText(usesColour: false).text(report)
        #expect(text == "ok    1 client, 1 message answered, 1 answered by the fallback\n")
    }

    @Test("tells of what was not answered as if there were no other server")
    func unanswered() throws {
        let mock = try MockConversation(Self.events, refers: true)
        _ = mock.open(1)
        #expect(try mock.say(1, #"{"q":"y"}"#) == ["→"])
        #expect(mock.mock.report.unmatched == 0)
        #expect(mock.leaveUnanswered(1).hasSuffix(#"it differs at $.q: expected "x", actual "y""#))
        #expect(mock.mock.report.unmatched == 1 && mock.mock.report.referred == 0)
        #expect(mock.mock.report.listedUnmatched.first?.line == 3)
        // A client that leaves before the answer was not answered either.
        #expect(try mock.say(1, #"{"q":"z"}"#) == ["→"])
        mock.close(1)
        mock.answerElsewhere(1)
        #expect(mock.mock.report.unmatched == 2 && mock.mock.report.referred == 0)
    }

    @Test("that is strict refers what does not stand next, and goes on where it was")
    func strict() throws {
        let mock = try MockConversation(Self.events, refers: true) { $0.isStrict = true }
        _ = mock.open(1)
        #expect(try mock.say(1, #"{"q":"y"}"#) == ["→"])
        mock.answerElsewhere(1)
        #expect(try mock.say(1, #"{"q":"x"}"#) == ["1"])
    }
}
