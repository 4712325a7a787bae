import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("The text of a report")
struct TextReportTests {
    private func report(_ differences: [Difference], output: String = "") -> RecordingReport {
        var report = RecordingReport(path: "a.tape.jsonl")
        report.ports = [RecordedPort(listen: "127.0.0.1:7000", codec: "json/lines")]
        report.findings.sessions = 1
        report.findings.matched = 2
        report.findings.differences = differences
        report.serverOutput = Array(output.utf8)
        report.duration = 42_400
        return report
    }

    private func message(_ text: String, from side: Side = .server) -> RecordedMessage {
        RecordedMessage(from: side, form: .value, text: Array(text.utf8))
    }

    private func difference(_ kind: Difference.Kind, context: [TranscriptEvent] = []) -> Difference {
        Difference(kind, session: 3, line: 7, time: 0, context: context)
    }

    private func text(_ report: RecordingReport) -> String { TextReport(usesColour: false).text(report) }

    @Test("one that passed is a line")
    func passed() {
        #expect(text(report([])) == "ok    a.tape.jsonl  1 session, 2 answers, 0.042 s\n")
    }

    @Test("one that could not be done says why")
    func impossible() {
        var report = RecordingReport(path: "a\nok    b.tape.jsonl")
        report.problem = "line 3: damaged\nok"
        #expect(text(report) == "ERROR  a\\u000aok    b.tape.jsonl  line 3: damaged\\u000aok\n")
    }

    @Test("a value that differs stands with the conversation around it")
    func value() {
        let context = [
            TranscriptEvent(
                time: 0, session: 3, kind: .opened(SessionOpening(port: 7000, peer: "127.0.0.1:5"))),
            TranscriptEvent(time: 100_000, session: 3, kind: .message(message(#"{"q":1}"#, from: .client))),
        ]
        let values = [
            ValueDifference(path: "$.a", expected: "1", actual: "2"),
            ValueDifference(path: "$.b", expected: nil, actual: "3"),
            ValueDifference(path: "$.c", expected: "4", actual: nil),
        ]
        #expect(
            text(report([difference(.value(values), context: context)])) == """
                FAIL  a.tape.jsonl  1 session, 2 answers, 1 difference, 0.042 s

                      session 3, line 7: the server's answer differs (- recorded, + now)
                          0.000000  #3     connected  127.0.0.1:5 to port 7000 (json/lines)
                          0.100000  #3   → {"q":1}
                      ✗ $.a
                          - 1
                          + 2
                      ✗ $.b
                          + 3
                      ✗ $.c
                          - 4

                """)
    }

    @Test("each kind of difference has its words")
    func kinds() {
        let bytes = RecordedMessage(from: .server, form: .base64, text: Array(#""eyJhIjr/""#.utf8))
        let kinds: [(Difference.Kind, String)] = [
            (
                .missing(expected: message("1"), reason: "nothing came within 5.0 s"),
                """
                      session 3, line 7: an answer is missing: nothing came within 5.0 s
                          - 1
                """
            ),
            (
                .extra(actual: message("2")),
                """
                      session 3, line 7: the server sent a message that is not in the recording
                          + 2
                """
            ),
            (
                .undecodable(reason: "byte 3: what?", actual: bytes),
                """
                      session 3, line 7: the server's answer does not decode: byte 3: what?
                          + b"{\\"a\\":\\xff"
                """
            ),
            (
                .ending(expected: "the server ends the connection", actual: "it stays open"),
                """
                      session 3, line 7: the connection ends in another way
                          - the server ends the connection
                          + it stays open
                """
            ),
            (.refused(reason: "no"), "      session 3, line 7: no connection: no"),
        ]
        for (kind, expected) in kinds {
            let lines = text(report([difference(kind)])).split(separator: "\n").dropFirst()
            #expect(lines.joined(separator: "\n") == expected)
        }
    }

    @Test("a server that died stands with its output")
    func died() {
        let died = Difference(.died(reason: "it exited with status 1"), session: 0, line: 0, time: 0, context: [])
        #expect(
            text(report([died], output: "Traceback\n\u{1B}[2JError\rok")) == """
                FAIL  a.tape.jsonl  1 session, 2 answers, 1 difference, 0.042 s

                      the server process ended: it exited with status 1

                      the server printed:
                        | Traceback
                        | \\u001b[2JError\\u000dok


                """)
    }

    @Test("the server's output is shown around the first difference")
    func outputAtDifference() {
        var report = report(
            [difference(.refused(reason: "no"))], output: (1...20).map { "before \($0)\n" }.joined())
        report.laterOutput = Array((1...20).map { "after \($0)\n" }.joined().utf8)
        #expect(
            text(report).contains(
                """
                      the server printed, around the first difference:
                        | before 16
                        | before 17
                        | before 18
                        | before 19
                        | before 20
                        | after 1
                        | after 2
                        | after 3

                """))
        report.laterOutput = []
        #expect(text(report).contains("      the server printed, at last:\n        | before 13\n"))
    }

    @Test("what differs from run to run and was replaced is listed, and what was not reached is counted")
    func bindings() {
        var report = report([difference(.refused(reason: "no"))])
        report.findings.bindings = (1...22).map { ReplayBinding(recorded: "5\($0)", actual: "6", session: $0) }
        report.findings.notReached = 1
        let lines = text(report).split(separator: "\n").suffix(6).map { String($0) }
        #expect(lines.first == "      correlated: 51 is now 6 (client's port of session 1)")
        #expect(lines.dropLast().last == "      correlated: 55 is now 6 (client's port of session 5)")
        #expect(lines.last == "      … and 17 more")
        let full = TextReport(usesColour: false, isFull: true).text(report)
        #expect(full.contains("      correlated: 522 is now 6 (client's port of session 22)\n"))
        #expect(text(report).contains("      1 message not reached\n"))
        report.findings.differences = []
        #expect(!text(report).contains("correlated"))
        #expect(TextReport(usesColour: false, isFull: true).text(report).contains("      correlated: 522 is now 6 ("))
    }

    @Test("no payload makes a line of its own, moves the cursor or fills the screen")
    func hostile() {
        let bad = "x\n\rok    b.tape.jsonl\u{1B}[2J\u{9B}1A\u{202E}\u{2028}\u{85}\u{7F}"
        let marks = "e" + String(repeating: "\u{301}", count: 5_000)
        let values = [
            ValueDifference(path: "$.\(bad)", expected: bad, actual: marks),
            ValueDifference(path: "$", expected: String(repeating: "y", count: 5_000), actual: nil),
        ]
        let event = TranscriptEvent(time: 0, session: 3, kind: .message(message(bad)))
        let differences = [
            difference(.value(values), context: [event]), difference(.missing(expected: message(bad), reason: bad)),
            difference(.extra(actual: message(bad))), difference(.undecodable(reason: bad, actual: message(bad))),
            difference(.refused(reason: bad)), difference(.died(reason: bad)),
        ]
        var report = report(differences, output: bad)
        report.path = bad
        report.ports = [RecordedPort(listen: "h:7000", codec: bad)]
        let text = text(report)
        #expect(!text.split(separator: "\n").contains { $0.hasPrefix("ok") })
        for scalar in ["\r", "\u{1B}", "\u{9B}", "\u{202E}", "\u{2028}", "\u{85}", "\u{7F}"] as [Unicode.Scalar] {
            #expect(!text.unicodeScalars.contains(scalar), "\(scalar.value)")
        }
        #expect(text.unicodeScalars.count < 6_000)
        #expect(text.contains("(cut from 5000 characters; whole: x\\u000a\\u000dok"))
    }

    @Test("of many differences the first ten are shown, the rest is counted")
    func many() {
        var report = report((0..<12).map { _ in difference(.refused(reason: "no")) })
        report.findings.moreDifferences = 5
        let text = text(report)
        #expect(text.components(separated: "no connection: no") == 10)
        #expect(text.contains("      … and 7 more differences\n"))
        #expect(text.contains("17 differences"))
    }

    @Test("one failure fits a screen of 24 lines of 80 columns", arguments: [false, true])
    func screen(usesColour: Bool) {
        let long = #"{"text":"\#(String(repeating: "a long value ", count: 500))"}"#
        let context = (1...7).map { number in
            TranscriptEvent(time: 0, session: number == 3 ? 5 : 3, kind: .message(message(long)))
        }
        let values = ["x", "y", "z"].map { end in
            ValueDifference(path: "$.\(end)", expected: "1", actual: "2")
        }
        var report = report(
            [difference(.value(values), context: context)],
            output: (1...30).map { "line \($0) of what the server printed \(long)\n" }.joined())
        let lines = TextReport(usesColour: usesColour, columns: 80).text(report).split(
            separator: "\n", omittingEmptySubsequences: false)
        for line in lines where !usesColour { #expect(TerminalText.columns(of: String(line)) <= 80, "\(line)") }
        #expect(lines.count <= 31)
        #expect(
            !usesColour || lines.contains { $0.contains("\u{1B}[36m* \u{1B}[0m") },
            "another session's message is marked")
        report.findings.differences = [difference(.value(Array(values.prefix(1))), context: Array(context.prefix(4)))]
        #expect(TextReport(usesColour: usesColour, columns: 80).text(report).count { $0 == "\n" } < 24)
        let full = TextReport(usesColour: usesColour, columns: 80, isFull: true).text(report)
        #expect(full.contains(long) && full.contains("line 1 of") && !full.contains("…"))
    }

    @Test("a headline that names many places ends where the terminal does", arguments: [60, 80, 200])
    func headlines(columns: Int) {
        let values = (1...100).map { ValueDifference(path: "$.a\($0)", expected: "1", actual: "2") }
        let report = report((0..<4).map { _ in difference(.value(values)) })
        let lines = TextReport(usesColour: false, columns: columns).text(report).split(separator: "\n")
        let headlines = lines.filter { $0.contains("answer differs at $.a1") && !$0.contains("more: ") }
        #expect(!headlines.isEmpty)
        for line in headlines { #expect(line.count > columns - 8 && line.count <= max(columns, 80), "\(line)") }
    }

    @Test("behind the first difference others are shown as far as a screen holds them, then by their headlines")
    func others() {
        let values = (1...5).map { ValueDifference(path: "$.a\($0)", expected: "1", actual: "2") }
        let report = report((0..<4).map { _ in difference(.value(values)) })
        let text = text(report)
        #expect(text.components(separated: "the server's answer differs") == 4)
        #expect(text.components(separated: "the server's answer differs at $.a1, $.a2, $.a3, $.a4, $.a5\n") == 2)
        #expect(text.components(separated: "✗ $.a1\n") == 2)
    }

    @Test("of many values of one message the first five are shown, the others' paths are listed")
    func manyValues() {
        let values = (1...50).map { ValueDifference(path: "$.a\($0)", expected: "1", actual: "2") }
        let text = text(report([difference(.value(values))]))
        #expect(text.contains("✗ $.a5\n") && !text.contains("✗ $.a6\n"))
        #expect(text.contains("      … and 45 more: $.a6, $.a7, $.a8, "))
        let full = TextReport(usesColour: false, isFull: true).text(report([difference(.value(values))]))
        #expect(full.contains("✗ $.a50\n"))
    }

    @Test("a recording that was not ended is told of")
    func noEnd() {
        var report = report([])
        report.lacksEnd = true
        #expect(text(report).contains("the recording has no end"))
        report.tornLine = 9
        #expect(text(report).contains("line 9 is torn") && !text(report).contains("no end"))
    }

    @Test("one that was tried again says so")
    func attempts() {
        let failed = report([difference(.refused(reason: ""))])
        let flaky = TextReport(usesColour: false).text([failed, report([])])
        #expect(flaky.hasPrefix("FAIL  a.tape.jsonl") && flaky.hasSuffix("flaky  passed at attempt 2\n"))
        let twice = TextReport(usesColour: false).text([failed, failed])
        #expect(twice.hasPrefix("FAIL  a.tape.jsonl") && twice.hasSuffix("it failed in all 2 attempts\n"))
        var second = report([])
        second.repetition = 2
        #expect(TextReport(usesColour: false).text([second]).hasPrefix("ok    a.tape.jsonl (run 2)  1 session"))
    }

    @Test("the last line counts recordings")
    func summary() {
        var impossible = report([])
        impossible.problem = "x"
        let attempts = [report([]), report([difference(.refused(reason: ""))]), impossible]
        var whole = Report(tool: "", started: "")
        whole.recordings = attempts.map {
            RecordingResult(
                path: $0.path, attempts: [ReplayAttempt($0, text: TextReport(usesColour: false))])
        }
        // Several are replayed at the same time: they take less than all of theirs together.
        whole.duration = 50_000
        #expect(
            ReportSummary.line(whole) == "1 passed, 1 failed, 1 could not be done (6 answers compared, 0.050 s)\n")
        #expect(whole.status == .impossible)
    }
}

extension String {
    /// How often some text stands in this one.
    fileprivate func components(separated text: String) -> Int { ranges(of: text).count }
}
