import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("What runs show to differ")
struct ObservationTests {
    /// What is learned where answers were recorded like this, and runs gave those: for each line of the recording its recorded
    /// answer, then that of each run.
    private func learn(_ lines: [[String]], codec: String = "json/lines") throws -> (rules: [String], real: [String]) {
        let runs = (lines.first?.count ?? 1) - 1
        var observations = Observations()
        let codecOfPort = try CodecRegistry.codec(named: codec)
        for run in 0..<runs {
            var report = RecordingReport(path: "a.tape.jsonl")
            report.ports = [RecordedPort(listen: "127.0.0.1:7000", codec: codec)]
            for (index, line) in lines.enumerated() {
                let form: ReadableForm.Key =
                    codecOfPort.payload.isStructured ? .value : line[0].hasPrefix("\"=") ? .base64 : .text
                let texts = [line[0], line[run + 1]].map { $0.replacing("\"=", with: "\"") }
                let expected = RecordedMessage(from: .server, form: form, text: Array(texts[0].utf8))
                let actual = RecordedMessage(from: .server, form: form, text: Array(texts[1].utf8))
                let payloads = try [expected, actual].map {
                    try $0.payload(codec: codecOfPort, settings: WritingSettings(), limits: DecodingLimits())
                }
                let trees = try payloads.map { payload in
                    let tree = ValueTree()
                    try codecOfPort.payload.decode(payload.span.bytes, into: tree, limits: DecodingLimits())
                    return tree
                }
                let differences = ValueDiff.differences(
                    expected: trees[0].root, actual: trees[1].root, format: codecOfPort.payload)
                guard !differences.isEmpty else { continue }
                report.findings.differingAnswers.append(
                    DifferingAnswer(
                        port: 7_000, line: index + 4, differences: differences, expected: expected, payload: payloads[1]
                    ))
            }
            observations.take(report, recording: 0, run: run)
        }
        observations.endRound(of: 0, runs: 0..<runs)
        let lessons = Lessons(observations, runs: runs, limits: DecodingLimits())
        return (
            lessons.rules.compactMap { $0.rule?.text },
            (lessons.regressions + lessons.unnameable).map { "\($0.line) \($0.path)" }
        )
    }

    @Test("what differs between runs is learned, what differs in all runs alike is not")
    func regressions() throws {
        let found = try learn([
            [
                #"{"t":"a 10:20:31","n":3}"#, #"{"t":"a 10:20:41","n":4}"#, #"{"t":"a 10:20:42","n":4}"#,
                #"{"t":"a 10:20:44","n":4}"#,
            ],
            [#"{"r":17}"#, #"{"r":901}"#, #"{"r":17}"#, #"{"r":17}"#],
        ])
        #expect(found.rules == [#"$.t mask \b\d?\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\b"#, "$.r type"])
        #expect(found.real == ["4 $.n"])
    }

    @Test("a value that is alike by chance is one of those that come up elsewhere")
    func chance() throws {
        let found = try learn([
            [#"{"w":"red"}"#, #"{"w":"blue"}"#, #"{"w":"green"}"#],
            [#"{"w":"red"}"#, #"{"w":"blue"}"#, #"{"w":"blue"}"#],
            [#"{"w":"red"}"#, #"{"w":"error"}"#, #"{"w":"error"}"#],
        ])
        #expect(found.rules == ["$.w type"])
        #expect(found.real == ["6 $.w"])
    }

    @Test("elements' numbers are left open where several differ")
    func generalised() throws {
        let several = try learn([
            [#"[{"t":1,"n":1},{"t":1,"n":2}]"#, #"[{"t":8,"n":1},{"t":5,"n":2}]"#, #"[{"t":4,"n":1},{"t":9,"n":2}]"#]
        ])
        #expect(several.rules == ["$[*].t type"])
        let one = try learn([["[1,1]", "[1,5]", "[1,3]"]])
        #expect(one.rules == ["$[1] type"])
    }

    @Test("lists that are shuffled, also with members that differ, are so; one that is sorted another way is not")
    func shuffled() throws {
        #expect(
            try learn([[#"{"l":[1,2,3,4]}"#, #"{"l":[2,1,4,3]}"#, #"{"l":[4,3,2,1]}"#]]).rules == ["$.l unordered"])
        let sorted = try learn([[#"{"l":[1,2,3]}"#, #"{"l":[3,2,1]}"#, #"{"l":[3,2,1]}"#]])
        #expect(sorted.rules.isEmpty)
        #expect(!sorted.real.isEmpty)
        let records = try learn([
            [
                #"[{"n":"a","t":1},{"n":"b","t":2},{"n":"c","t":3}]"#,
                #"[{"n":"b","t":9},{"n":"c","t":4},{"n":"a","t":7}]"#,
                #"[{"n":"c","t":5},{"n":"a","t":6},{"n":"b","t":8}]"#,
            ]
        ])
        #expect(records.rules == ["$ unordered", "$[*].t type"])
    }

    @Test("members, elements and keys that come and go")
    func comeAndGo() throws {
        #expect(try learn([[#"{"a":1}"#, "{}", #"{"a":1}"#]]).rules == ["$.a ignore"])
        #expect(try learn([[#"{"l":[1,2]}"#, #"{"l":[1,2,3]}"#, #"{"l":[1,2]}"#]]).rules == ["$.l type"])
        let records = [
            #"[{"x":1},{"x":2},{"x":2},{"x":1}]"#, #"[{"x":2},{"x":1},{"x":1},{"x":1}]"#,
            #"[{"x":1},{"x":1},{"x":2},{"x":2}]"#,
        ]
        #expect(try learn([records.map { #"{"l":\#($0)}"# }]).rules.allSatisfy { $0.hasPrefix("$.l[") })
        let keys = try learn([
            [
                #"{"s":{"k1x":1},"n":1}"#, #"{"s":{"zz9":1},"n":1}"#, #"{"s":{"q4w":1},"n":1}"#,
                #"{"s":{"m2p":1},"n":1}"#,
            ]
        ])
        #expect(keys.rules == ["$.s type"])
        #expect(try learn([[#"{"a":1}"#, "{}", "{}"]]).real == ["4 $.a"])
        #expect(try learn([[#"{"a":1}"#, #"{"a":"x"}"#, #"{"a":null}"#]]).rules == ["$.a ignore"])
    }

    @Test("identifiers of a run are no change by themselves")
    func identifiers() throws {
        #expect(Relabelling.text("HELO 40002", from: "hello 40002", to: "hello 40001") == "HELO 40001")
        #expect(Relabelling.text("a 7", from: "x", to: "y z") == "a 7")
    }

    @Test("raw texts are masked, and of raw bytes those that change are ignored, a word at least")
    func raw() throws {
        #expect(
            try learn([["\"at 10:20:31\"", "\"at 10:20:41\"", "\"at 10:20:42\""]], codec: "raw/lines").rules
                == [#"$ mask \b\d?\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\b"#])
        // 01 02 03 04 05 06 07 08 09 0a 0b 0c, of which the sixth changes.
        #expect(
            try learn(
                [["\"=AQIDBAUGBwgJCgsM\"", "\"=AQIDBAX/BwgJCgsM\"", "\"=AQIDBAX+BwgJCgsM\""]], codec: "raw/u32be"
            ).rules
                == ["bytes[4:8] ignore"])
    }
}
