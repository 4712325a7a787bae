import Foundation
import Recorder
import Replay
import TestSupport
import Testing

@testable import CLI

@Suite("A file of learned rules")
struct LearnedRulesTests {
    @Test(
        "is read back as it was meant",
        arguments: [
            #"^[0-9a-f]{8}$"#, "it's: # a \"text\" [x], {y} & *z !", #"\b\d\d\b"#, "- a", "yes", "a\tb\u{7F}\u{85}",
            "é☃",
        ])
    func roundTrip(pattern: String) throws {
        let item = RuleItem(members: [
            .init(key: "path", value: .text(#"$["odd: 'key'"][*]"#)), .init(key: "port", value: .number("7000")),
            .init(key: "mask", value: .text(pattern)),
        ])
        let text = LearnedRulesText.yaml(
            [LearnedRule(item: item, reason: "a token: a\nb: c")], runs: 3, recordings: ["a\u{1B}.tape.jsonl"])
        let rules = try RuleFile.parse(text, path: "rules.yaml")
        #expect(rules.map(\.text) == [#"port=7000 $["odd: 'key'"][*] mask "# + pattern], "\(text)")
        #expect(!text.contains("\u{1B}"))
    }

    @Test("is not written over another, unless that is said")
    func writing() throws {
        let folder = try ScratchFolder()
        let path = folder.path("rules.yaml")
        try RuleFileWriter.check(path)
        try RuleFileWriter.write("a\n", to: path, force: false)
        #expect(throws: UsageFault.self) { try RuleFileWriter.check(path) }
        #expect(throws: UsageFault.self) { try RuleFileWriter.write("b\n", to: path, force: false) }
        #expect(folder.text("rules.yaml") == "a\n")
        try RuleFileWriter.write("b\n", to: path, force: true)
        #expect(folder.text("rules.yaml") == "b\n")
    }

    @Test("are written whole beside their place: who reads the old ones reads them on")
    func atOnce() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("old rules\n", to: "rules.yaml")
        let reading = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try RuleFileWriter.write("new\n", to: path, force: true)
        #expect(try reading.readToEnd() == Data("old rules\n".utf8))
        #expect(folder.text("rules.yaml") == "new\n")
        #expect(throws: UsageFault.self) { try RuleFileWriter.write("newer\n", to: path, force: false) }
        #expect(folder.text("rules.yaml") == "new\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["rules.yaml"])
    }
}
