import Testing

@testable import Codecs
@testable import Recorder

@Suite("A conversation as text") struct ConversationTextTests {
    private static let ports = [
        RecordedPort(listen: "127.0.0.1:12000", codec: "pickle/stream"),
        RecordedPort(listen: "[::1]:12001", codec: "json"),
    ]

    private func line(_ time: Int64, _ session: Int, _ kind: TranscriptEvent.Kind, width: Int = 2_000) -> String {
        ConversationText(usesColour: false, maximumValueCharacters: width, ports: Self.ports)
            .line(TranscriptEvent(time: time, session: session, kind: kind))
    }

    private func message(
        _ side: Side, _ form: ReadableForm.Key, _ text: String, error: String? = nil, isPartial: Bool = false
    ) -> TranscriptEvent.Kind {
        var message = RecordedMessage(from: side, form: form, text: Array(text.utf8))
        message.error = error
        message.isPartial = isPartial
        return .message(message)
    }

    @Test("is folded below its values on a terminal")
    func folding() {
        var text = ConversationText(usesColour: false, ports: Self.ports)
        text.foldingColumns = 50
        let event = TranscriptEvent(
            time: 81, session: 1,
            kind: message(.client, .value, #"{"name": "somebody", "mail": "somebody@example.org"}"#))
        let front = "  0.000081  #1   → "
        let indent = String(repeating: " ", count: 19)
        #expect(
            text.line(event) == front + #"{"name": "somebody", "mail": "# + "\n" + indent + #""somebody@example.org"}"#)
        text.showsTimes = false
        #expect(
            text.line(event) == #"#1   → {"name": "somebody", "mail": "# + "\n       " + #""somebody@example.org"}"#)
    }

    @Test("has a line for every kind of event")
    func everyKind() {
        var continued = SessionOpening(port: 9, peer: "p:1")
        continued.isContinued = true
        let expected: [(String, String)] = [
            (
                line(81, 1, .opened(SessionOpening(port: 12000, peer: "127.0.0.1:53412"))),
                "  0.000081  #1     connected  127.0.0.1:53412 to port 12000 (pickle/stream)"
            ),
            (
                line(81, 2, .opened(SessionOpening(port: 12001, peer: "[::1]:1", upstream: "u:2", via: "v:3"))),
                "  0.000081  #2     connected  [::1]:1 to port 12001 (json), relayed to u:2 from v:3"
            ),
            (line(0, 3, .opened(continued)), "  0.000000  #3     continued  p:1 to port 9"),
            (line(213, 1, message(.server, .value, #"{"clientid":53412}"#)), "  0.000213  #1   ← {\"clientid\":53412}"),
            (line(1_204_471, 12, message(.client, .text, #""hi""#)), "  1.204471  #12  → \"hi\""),
            (line(1, 1234, message(.client, .base64, #""AAD/""#)), "  0.000001  #1234 → b\"\\x00\\x00\\xff\""),
            (
                line(1, 1, message(.client, .base64, #""e2I=""#, error: "byte 2: expected")),
                "  0.000001  #1   → b\"{b\"  not decoded: byte 2: expected"
            ),
            (
                line(1, 1, message(.server, .base64, #""e2I=""#, isPartial: true)),
                "  0.000001  #1   ← b\"{b\"  cut off here"
            ),
            (line(1, 1, .endOfStream(.client)), "  0.000001  #1     the client has no more to send"),
            (line(1, 1, .closed(SessionClosing(.clean))), "  0.000001  #1     closed"),
            (
                line(1, 1, .closed(SessionClosing(.reset, by: .client, reason: "why"))),
                "  0.000001  #1     closed: reset by the client, why"
            ),
            (
                line(1, 0, .gap(RecordingGap(from: .client, bytes: 700, events: 2, reason: "lost"))),
                "  0.000001         missing here: 700 bytes 2 events from the client (lost)"
            ),
            (
                line(0, 0, .resumed(RecordingHeader(created: "2026\u{1B}", tool: "", ports: []))),
                "  0.000000         resumed 2026\\u001b"
            ),
            (line(123_456_789_000_000, 0, .ended), "123456789.000000         end of the recording"),
            (line(1, 5, .unknown), "  0.000001  #5     an event that this version does not know"),
        ]
        for (line, text) in expected { #expect(line == text) }
    }

    @Test("cannot be made to show a line of its own, from any field")
    func hostile() {
        let nasty = "a\u{1B}[2K\r\n  0.000000  #1   → fake\u{202E}\u{9B}1m\u{2028}"
        let safe = #"a\u001b[2K\u000d\u000a  0.000000  #1   → fake\u202e\u009b1m\u2028"#
        var conversation = ConversationText(
            usesColour: false, ports: [RecordedPort(listen: "h:7", codec: nasty)])
        conversation.addPorts([RecordedPort(listen: nasty, codec: nasty)])
        let lines = [
            TranscriptEvent.Kind.opened(SessionOpening(port: 7, peer: nasty, upstream: nasty, via: nasty)),
            message(.client, .value, nasty), message(.client, .text, nasty, error: nasty),
            message(.client, .base64, nasty, isPartial: true), .closed(SessionClosing(.error, reason: nasty)),
            .gap(RecordingGap(reason: nasty)), .resumed(RecordingHeader(created: nasty, tool: nasty, ports: [])),
        ].map { conversation.line(TranscriptEvent(time: 0, session: 1, kind: $0)) }
        for line in lines {
            #expect(line.contains(safe))
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0 ~= $0.value) })
            #expect(!line.unicodeScalars.contains("\u{202E}") && !line.unicodeScalars.contains("\u{2028}"))
        }
    }

    @Test("cuts long values and says how long they are")
    func cut() {
        let long = "\"" + String(repeating: "x", count: 100) + "\""
        #expect(line(0, 1, message(.client, .text, long), width: 5) == "  0.000000  #1   → \"xxxx… (102 characters)")
        let bytes = "\"" + Base64.encode([UInt8](repeating: 0, count: 100)) + "\""
        #expect(
            line(0, 1, message(.client, .base64, bytes), width: 4) == #"  0.000000  #1   → b"\x00\x00"… (100 bytes)"#)
    }

    @Test("shows base64 that is none as it stands, and escaped base64 as what it means")
    func base64() {
        #expect(line(0, 1, message(.client, .base64, #""A""#)) == "  0.000000  #1   → \"A\"")
        #expect(line(0, 1, message(.client, .base64, #""AAD\/""#)) == #"  0.000000  #1   → b"\x00\x00\xff""#)
        #expect(line(0, 1, message(.client, .base64, "")) == #"  0.000000  #1   → b"""#)
        #expect(line(0, 1, message(.client, .base64, "\"")) == #"  0.000000  #1   → b"""#)
    }

    @Test(
        "has times in ten places",
        arguments: zip(
            [0, 999_999, 1_000_000, 12_345_000_001, -5, Int64.min, Int64.max] as [Int64],
            [
                "  0.000000", "  0.999999", "  1.000000", "12345.000001", "  0.000000", "  0.000000",
                "9223372036854.775807",
            ]))
    func time(_ microseconds: Int64, _ text: String) { #expect(ConversationText.time(microseconds) == text) }

    @Test("uses colours only when asked, and ends each")
    func colours() {
        let kinds: [TranscriptEvent.Kind] = [
            .opened(SessionOpening(port: 1, peer: "p")), message(.client, .value, "1"), message(.server, .value, "1"),
            message(.client, .base64, "\"\"", error: "e"), .closed(SessionClosing(.clean)),
            .closed(SessionClosing(.error)),
            .gap(RecordingGap()), .ended, .unknown, .endOfStream(.client),
        ]
        let plain = ConversationText(usesColour: false)
        let coloured = ConversationText(usesColour: true)
        for kind in kinds {
            let event = TranscriptEvent(time: 0, session: 1, kind: kind)
            let text = coloured.line(event)
            #expect(text.contains("\u{1B}["))
            #expect(text.replacing(/\u{1B}\[\d*m/, with: "") == plain.line(event))
            #expect(text.matches(of: /\u{1B}\[[1-9]\d*m/).count == text.matches(of: /\u{1B}\[0m/).count)
        }
        let request = coloured.line(TranscriptEvent(time: 0, session: 1, kind: message(.client, .value, "1")))
        #expect(request == "\u{1B}[2m  0.000000\u{1B}[0m  \u{1B}[1m#1  \u{1B}[0m \u{1B}[36m→ \u{1B}[0m1")
    }
}
