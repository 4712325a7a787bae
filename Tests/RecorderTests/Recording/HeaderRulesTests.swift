import Codecs
import Foundation
import Testing

@testable import Recorder

@Suite("The rules of a recording's header")
struct HeaderRulesTests {
    private func header(_ rules: String) throws -> RecordingHeader {
        try ReadRecording(#"{"tapedeck":1,"created":"","tool":"","ports":[],"rules":\#(rules)}"#.utf8 + [10]).header
    }

    @Test("are read as plain data, in their order")
    func reads() throws {
        let rules = try header(
            #"[{"path":"$.time","ignore":true},{"path":"$.n","tolerance":0.50,"port":7000,"x":[1]}]"#
        ).rules
        #expect(
            rules.map { $0.members.map(\.key) } == [["path", "ignore"], ["path", "tolerance", "port", "x"]])
        #expect(rules.first?.members.map(\.value) == [.text("$.time"), .flag(true)])
        #expect(
            rules.last?.members.map(\.value) == [.text("$.n"), .number("0.50"), .number("7000"), .other])
    }

    @Test("are written as they were read")
    func writes() throws {
        let text = #"[{"path":"$[\"a b\"]","mask":"\\d+"},{"path":"$.n","tolerance":0.50,"numeric":true}]"#
        let header = try header(text)
        var output = ByteWriter()
        RecordingLine.writeHeader(header, into: &output)
        #expect(output.string.contains(",\"rules\":" + text + "}\n"), "\(output.string)")
        #expect(try ReadRecording(output.string.utf8).header.rules == header.rules)
    }

    @Test(
        "that are none leave the recording readable, and are told of",
        arguments: [
            ("7", "must be a list"), ("[7]", "rule 1 in the header must be a JSON object"),
            (#"[{"path":"$"},[]]"#, "rule 2 in the header"),
            ("[" + String(repeating: "{},", count: 200) + "{}]", "201 rules, at most 200"),
            (#"[{"path":""# + String(repeating: "a", count: 5_000) + #""}]"#, "more than 4096 bytes"),
        ])
    func faults(rules: String, reason: String) throws {
        let header = try header(rules)
        #expect(header.rules.isEmpty)
        #expect(header.rulesFault?.contains(reason) == true, "\(header.rulesFault ?? "")")
    }
}
