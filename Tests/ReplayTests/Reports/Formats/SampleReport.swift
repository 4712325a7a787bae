import Recorder

@testable import Replay

/// Reports for the tests of formats, with what a hostile recording and server would put into them.
enum SampleReport {
    /// Texts that must reach no reader as they are: markup, control and bidirectional characters, ends of lines.
    static let hostile: [String] = [
        "<script>document.title='x'</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='x",
        "\u{0}\u{1B}[2J\u{7}\u{85}", "\u{202E}gnp.exe\u{2066}", "a\r\n::error::x\n##[error]y", "]]></failure>&amp;",
        "``` \n````", "%0A::stop-commands::x", "# SKIP not really",
        String(decoding: [0xEF, 0xBF, 0xBE, 0xEF, 0xBF, 0xBF, 0xFF] as [UInt8], as: UTF8.self), "-->", "</style>",
    ]

    /// One recording for each way in which a recording can end, with those texts everywhere.
    static func report(_ texts: [String] = hostile) -> Report {
        var report = Report(tool: "tapedeck 0.1.0", started: "2026-11-29T10:00:00.123456Z")
        report.duration = 3_000_001
        let text = texts.joined(separator: " ")
        var failed = ReplayAttempt(outcome: .failed)
        failed.duration = 42_400
        (failed.sessions, failed.sent, failed.matched, failed.notReached) = (2, 3, 4, 5)
        failed.notes = [text]
        failed.differences = kinds(text)
        failed.moreDifferences = 7
        failed.bindings = [ReportedBinding(recorded: text, actual: text, journey: text)]
        failed.serverOutput = text + "\nsecond line\n"
        failed.text = "FAIL  \(TerminalText.escaped(text))\n\n      line two\n"
        failed.conversation = conversation(text)
        var impossible = ReplayAttempt(outcome: .impossible)
        impossible.problem = text
        impossible.text = "ERROR  \(TerminalText.escaped(text))\n"
        let passed = ReplayAttempt(outcome: .passed)
        report.recordings = [
            RecordingResult(path: "a/ok.tape.jsonl", attempts: [passed]),
            RecordingResult(path: "a/\(text).tape.jsonl", attempts: [impossible, failed]),
            RecordingResult(path: "b/flaky.tape.jsonl", repetition: 2, attempts: [failed, passed]),
            RecordingResult(path: "impossible.tape.jsonl", attempts: [impossible]),
            RecordingResult(path: "b/updated.tape.jsonl", status: .updated),
            RecordingResult(path: "b/rest.tape.jsonl", status: .notRun),
        ]
        failed.sides = ReportedSides(expected: text, actual: text)
        report.recordings[4].attempts = [failed]
        report.rules = [
            RuleUse(text: "$.time ignore", origin: "--rule", isUsed: true),
            RuleUse(text: text, origin: text, isUsed: false),
        ]
        return report
    }

    private static func kinds(_ text: String) -> [ReportedDifference] {
        var value = ReportedDifference(kind: "value", what: "the server's answer differs")
        (value.session, value.line, value.recordedAt, value.at) = (1, 6, 304_185, 12)
        value.values = [
            ValueDifference(path: "$.a", expected: text, actual: "2"),
            ValueDifference(path: "$.\(text)", expected: nil, actual: text, rule: text),
        ]
        var missing = ReportedDifference(kind: "missing", what: "an answer is missing: \(text)")
        (missing.session, missing.line, missing.expected) = (1, 8, text)
        var extra = ReportedDifference(kind: "extra", what: "the server sent a message that is not in the recording")
        (extra.session, extra.line, extra.actual) = (1, 8, text)
        var ending = ReportedDifference(kind: "ending", what: "the connection ends in another way")
        (ending.expected, ending.actual) = ("it stays", "it goes")
        return [value, missing, extra, ending, ReportedDifference(kind: "died", what: "the server died: \(text)")]
    }

    private static func conversation(_ text: String) -> [ConversationEntry] {
        var open = ConversationEntry(kind: .open, text: text)
        (open.session, open.line) = (1, 2)
        var request = ConversationEntry(kind: .message, text: text)
        (request.session, request.line, request.from, request.at) = (1, 5, .client, 3)
        var answer = ConversationEntry(kind: .message, text: text)
        (answer.session, answer.line, answer.from, answer.state) = (1, 6, .server, .differs)
        (answer.actual, answer.difference, answer.at) = (text, 0, 12)
        var omitted = ConversationEntry(kind: .omitted, text: "")
        omitted.count = 312
        var lost = ConversationEntry(kind: .message, text: text)
        (lost.session, lost.line, lost.from, lost.state) = (1, 9, .server, .notReached)
        return [open, request, answer, omitted, lost, ConversationEntry(kind: .close, text: "closed")]
    }
}
