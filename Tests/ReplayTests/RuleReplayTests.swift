import Codecs
import Foundation
import Recorder
import Testing

@testable import Replay

@Suite("A replay with rules")
struct RuleReplayTests {
    private static let recording = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.1,"s":1,"from":"client","value":{"q":1}}
        {"t":0.2,"s":1,"from":"server","value":{"time":"10:20","n":1}}
        """

    @Test("lets pass what they allow, and nothing else")
    func allows() throws {
        var options = ReplayOptions()
        options.rules = [try RuleParser.rule(option: "$.time type")]
        try Playbook.play(
            Self.recording, options: options,
            """
            connect 1
            when 1 connected from 60001
            send 1 {"q":1}
            when 1 says {"time":"11:30","n":1}
            after 100
            close 1
            done
            """)
        try Playbook.play(
            Self.recording, options: options,
            """
            connect 1
            when 1 connected from 60001
            send 1 {"q":1}
            when 1 says {"time":"11:30","n":2}
            after 100
            close 1
            done
            found 1 value $.n: 1, now 2
            """)
    }

    private static let captured = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.1,"s":1,"from":"server","value":{"id":1,"n":1}}
        {"t":0.2,"s":1,"from":"client","value":{"get":1,"of":10}}
        {"t":0.3,"s":1,"from":"server","value":{"id":1}}
        """

    @Test("captures what the server makes up, small as it is, and requires it from then on", arguments: [7, 1])
    func captures(id: Int) throws {
        var options = ReplayOptions()
        options.rules = [try RuleParser.rule(option: "$.id capture as job")]
        try Playbook.play(
            Self.captured, options: options,
            """
            connect 1
            when 1 connected from 60001
            when 1 says {"id":\(id),"n":1}
            send 1 {"get":\(id),"of":10}
            when 1 says {"id":\(id)}
            after 100
            close 1
            done
            """)
        try Playbook.play(
            Self.captured, options: options,
            """
            connect 1
            when 1 connected from 60001
            when 1 says {"id":\(id),"n":1}
            send 1 {"get":\(id),"of":10}
            when 1 says {"id":9}
            after 100
            close 1
            done
            found 1 value $.id: 1, now 9
            """)
    }

    private func machine(_ rules: String, options: ReplayOptions = ReplayOptions()) throws -> ReplayMachine {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        let ports = #"[{"listen":"127.0.0.1:7000","codec":"json/lines"}]"#
        try
            (#"{"tapedeck":1,"created":"","tool":"","ports":\#(ports),"rules":\#(rules)}"# + "\n" + Self.recording
            + "\n")
            .write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = try RecordingReader(path: path)
        return try ReplayMachine(header: reader.header, options: options, limits: DecodingLimits()) {
            () throws(RecordingError) in try reader.next()
        }
    }

    private func findings(_ machine: ReplayMachine, answer: String) throws -> ReplayFindings {
        var machine = machine
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 1)
        let bytes = Array(answer.utf8)
        _ = try machine.handle(.received(session: 1, ActualMessage(payload: bytes, wire: bytes + [10])), at: 2)
        for time in 1...10 { _ = try machine.handle(.wake, at: Int64(time) * 1_000_000) }
        return machine.findings
    }

    @Test("takes those of the header behind those that were given, and lists them")
    func header() throws {
        let rules = #"[{"path":"$.time","ignore":true},{"path":"$.x","type":true}]"#
        let found = try findings(machine(rules), answer: #"{"time":"x","n":1}"#)
        #expect(found.differences.isEmpty)
        #expect(found.rules.header.map(\.text) == ["$.time ignore", "$.x type"])
        #expect(found.rules.used.map(\.text) == ["$.time ignore"])

        var options = ReplayOptions()
        options.rules = [try RuleParser.rule(option: "$.time regex ^[0-9:]+$")]
        let strict = try findings(machine(rules, options: options), answer: #"{"time":"x","n":1}"#)
        #expect(strict.differences.count == 1)
        #expect(strict.rules.used.map(\.text) == ["$.time regex ^[0-9:]+$"])

        options = ReplayOptions()
        options.ignoresHeaderRules = true
        let without = try findings(machine(rules, options: options), answer: #"{"time":"x","n":1}"#)
        #expect(without.differences.count == 1)
        #expect(without.rules.header.isEmpty)
    }

    @Test("is not done where a rule of the header is none, unless those do not count")
    func badHeader() throws {
        for (rules, reason) in [
            (#"[{"path":"$.time","ignroe":true}]"#, "line 1: rule 1 of the header: unknown \"ignroe\""),
            (#"[{"path":"$.a","regex":"("}]"#, "is wrong at byte 1"),
            ("7", "line 1: \"rules\" in the header must be a list"),
        ] {
            let error = #expect(throws: ReplayError.self) { try machine(rules) }
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("--ignore-header-rules") == true)
            var options = ReplayOptions()
            options.ignoresHeaderRules = true
            #expect(throws: Never.self) { try machine(rules, options: options) }
        }
    }

    @Test("notes the rules for messages that came as recorded")
    func usesOfEqual() throws {
        var options = ReplayOptions()
        options.rules = [try RuleParser.rule(option: "$.time type"), try RuleParser.rule(option: "$.tiem type")]
        let found = try findings(machine("[]", options: options), answer: #"{"time":"10:20","n":1}"#)
        #expect(found.matched == 1)
        #expect(found.rules.used.map(\.text) == ["$.time type"])
    }

    @Test("reports by which rule values differ, the header's rules, and those that fit nothing anywhere")
    func reports() throws {
        var report = RecordingReport(path: "a.tape.jsonl")
        let rules = try ["$.a type", "$.b type", "$.\u{1B}c type"].map { try RuleParser.rule(option: $0) }
        report.rules = rules
        report.findings.rules.header = [try RuleParser.rule(option: "$.h ignore")]
        report.findings.rules.used = [rules[0]]
        report.findings.differences = [
            Difference(
                .value([ValueDifference(path: "$.a", expected: "1", actual: "\"x\"", rule: "type")]), session: 1,
                line: 3,
                time: 0, context: [])
        ]
        let text = TextReport(usesColour: false).text(report)
        #expect(text.contains("✗ $.a  (type)\n"))
        #expect(text.contains("rules of the recording's header"))
        #expect(text.contains("        $.h ignore  (not used)\n"))
        var whole = Report(tool: "", started: "")
        whole.note(rulesOf: report)
        #expect(
            ReportSummary.unusedRules(whole)
                == "2 rules fit nothing:\n  $.b type  (--rule)\n  $.\\u001bc type  (--rule)\n")
        var other = report
        other.findings.rules.used = Set(rules)
        whole.note(rulesOf: other)
        #expect(ReportSummary.unusedRules(whole).isEmpty)
    }
}
