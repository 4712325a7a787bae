import ArgumentParser
import Codecs
import Recorder
import Testing

@testable import CLI

@Suite("Selecting events") struct EventSelectionTests {
    private static let header = RecordingHeader(
        created: "", tool: "",
        ports: ["127.0.0.1:1", "127.0.0.1:2"].map { RecordedPort(listen: $0, codec: "json/lines") })

    private static let events: [TranscriptEvent] = [
        event(1, .opened(SessionOpening(port: 1, peer: "10.0.0.9:5"))),
        event(2, .opened(SessionOpening(port: 2, peer: "10.0.0.8:6"))),
        message(1, .client, .value, #"{"a":"x"}"#), message(1, .server, .value, #"{"b":"x"}"#),
        message(2, .client, .base64, #""AAFhYmM=""#), message(2, .server, .value, "7", error: "no JSON"),
        event(0, .gap(RecordingGap(bytes: 3))), event(2, .closed(SessionClosing(.reset, by: .client))),
        event(1, .closed(SessionClosing(.clean))), event(0, .ended),
    ]

    private static func event(_ session: Int, _ kind: TranscriptEvent.Kind) -> TranscriptEvent {
        TranscriptEvent(time: 0, session: session, kind: kind)
    }

    private static func message(
        _ session: Int, _ side: Side, _ form: ReadableForm.Key, _ text: String, error: String? = nil
    ) -> TranscriptEvent {
        var message = RecordedMessage(from: side, form: form, text: Array(text.utf8))
        message.error = error
        return event(session, .message(message))
    }

    /// The places of the events that these options pick.
    private func picked(_ arguments: String...) throws -> [Int] {
        var selection = try SelectionOptions.parse(arguments).selection(Self.header)
        return try Self.events.indices.filter { index in
            guard selection.includesSession(of: Self.events[index]) else { return false }
            return try selection.picks(Self.events[index])
        }
    }

    @Test("picks all where nothing is asked for")
    func all() throws { #expect(try picked() == Array(0...9)) }

    @Test("picks sessions, ports and sides, and what is missing in any case")
    func parts() throws {
        #expect(try picked("--session", "2") == [1, 4, 5, 6, 7])
        #expect(try picked("--session", "1", "--session", "2-") == Array(0...8))
        #expect(try picked("--session", "3-9") == [6])
        #expect(try picked("--port", "1") == [0, 2, 3, 6, 8])
        #expect(try picked("--port", "1", "--port", "2") == Array(0...8))
        #expect(try picked("--port", "1", "--session", "2") == [6])
        #expect(try picked("--from", "server") == [0, 1, 3, 5, 6, 7, 8])
    }

    @Test("searches a pattern in each event as it is shown")
    func pattern() throws {
        #expect(try picked("-g", #"^\{"a"#) == [2, 6])
        #expect(try picked("-g", "x", "--from", "server") == [3, 6])
        #expect(try picked("-g", "abc") == [4, 6])
        #expect(try picked("-g", #"^b"\\x00\\x01abc"$"#) == [4, 6])
        #expect(try picked("-g", "(?i)NO json") == [5, 6])
        #expect(try picked("-g", "10\\.0\\.0\\.8") == [1, 6])
        #expect(try picked("-g", "reset by the client") == [6, 7])
    }

    @Test("says whether anything of a session was there")
    func found() throws {
        var selection = try SelectionOptions.parse(["--session", "9"]).selection(Self.header)
        for event in Self.events where selection.includesSession(of: event) { _ = try selection.picks(event) }
        #expect(!selection.hasFound)
        selection = try SelectionOptions.parse(["-g", "7"]).selection(Self.header)
        for event in Self.events where selection.includesSession(of: event) { _ = try selection.picks(event) }
        #expect(selection.hasFound)
    }

    @Test("ends a pattern that takes too long")
    func slowPattern() throws {
        var selection = try SelectionOptions.parse(["-g", "(a+)+$"]).selection(Self.header)
        let text = "\"" + String(repeating: "a", count: 60) + "\""
        #expect(throws: PatternError.self) { try selection.picks(Self.message(1, .client, .value, text)) }
    }

    @Test("reads numbers and ranges of sessions")
    func ranges() throws {
        #expect(try NumberRanges.parse("3").ranges == [3...3])
        #expect(try NumberRanges.parse("1,4-6,9-").ranges == [1...1, 4...6, 9...Int.max])
        for text in ["", "0", "-3", "7-3", "a", "1,", "1-2-3", "+1", "99999999999999999999"] {
            #expect(throws: UsageFault.self) { try NumberRanges.parse(text) }
        }
    }
}
