import Foundation
import Recorder
import Replay
import Server
import TestSupport
import Testing

@testable import CLI

@Suite("A file of rules")
struct RuleFileTests {
    private static let good = #"""
        # What differs by itself.
        rules:
          - path: $.time
            ignore: true
          - {path: $..etag, regex: '^[0-9a-f]{8}$', port: 12000, from: server}
          - {path: $.id, capture as: user}
          - path: $.users[*].seen
            mask: \d\d:\d\d
          - {path: "$['odd key']", tolerance: 10%}
          - path: $.n
            numeric: true
            tolerance: 0.5
          - path: bytes[4:12]
            ignore: true

        """#

    @Test("is read in order, each rule with its line")
    func reads() throws {
        let rules = try RuleFile.parse(Self.good, path: "rules.yaml")
        #expect(
            rules.map(\.text) == [
                "$.time ignore", "port=12000 from=server $..etag regex ^[0-9a-f]{8}$", "$.id capture as user",
                #"$.users[*].seen mask \d\d:\d\d"#, "$['odd key'] tolerance 10%", "$.n numeric tolerance 0.5",
                "bytes[4:12] ignore",
            ])
        #expect(rules.map { "\($0.origin)" }.prefix(3) == ["rules.yaml:3", "rules.yaml:5", "rules.yaml:6"])
        #expect(try RuleFile.parse("rules:\n", path: "x").isEmpty)
        #expect(try ProjectFile.parse(Self.good, path: "tapedeck.yaml").rules.map(\.text) == rules.map(\.text))
    }

    @Test(
        "is refused with the line that is wrong, and what was probably meant",
        arguments: [
            (
                "rules:\n  - path: $.time\n    ignroe: true\n",
                "3: unknown \"ignroe\" in a rule: did you mean \"ignore\"?"
            ),
            ("rules:\n  - path: $.time\n    ignore: yes please\n", "3: \"ignore\" must be true"),
            ("rules:\n  - path: time\n    ignore: true\n", "2: a path begins with $"),
            ("rules:\n  - {path: $.a, regex: 'a('}\n", "2: the regular expression \"a(\" is wrong at byte 2"),
            ("rules:\n\n  - ignore: true\n", "3: a rule lacks its \"path\""),
            ("rules:\n  - path: $.a\n", "2: the rule for $.a lacks what it may be"),
            ("rules:\n  path: $.a\n", "2: \"rules\" must be a list"),
            ("rules:\n  - $.a ignore\n", "2:5: a rule must hold"),
            ("rule:\n  - path: $.a\n", "1: unknown key \"rule\": did you mean \"rules\"?"),
            ("rules:\n  - {path: $.a[*].b, ignore: true}\n", "2:17: is no YAML"),
            ("rules:\n  - {path: $.a, port: 99999, ignore: true}\n", "2: \"port\" must be"),
            ("rules:\n  - {path: $.a, from: nobody, ignore: true}\n", "2: \"from\" must be server or client"),
            ("rules:\n  - path: $.a\n    path: $.b\n", "path"), ("replay: {}\n", "1: unknown key \"replay\""),
        ])
    func refuses(text: String, reason: String) throws {
        let folder = try ScratchFolder()
        let path = try folder.write(text, to: "rules.yaml")
        let error = #expect(throws: ProjectFileError.self) { try RuleFile.read(path) }
        let description = error?.description ?? ""
        #expect(description.hasPrefix(path + ":"), "\(description)")
        #expect(description.contains(reason), "\(description)")
    }

    @Test("that is not there is an error with its name")
    func missing() {
        let error = #expect(throws: ProjectFileError.self) { try RuleFile.read("/no/such/rules.yaml") }
        #expect(error?.description.hasPrefix("/no/such/rules.yaml: cannot open") == true)
    }

    @Test("rules of options stand before those of files")
    func order() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("rules: [{path: $.b, ignore: true}]", to: "rules.yaml")
        var options = RuleOptions()
        options.rules = ["$.a ignore"]
        options.files = [file]
        #expect(try options.given().map(\.path.text) == ["$.a", "$.b"])
    }
}

@Suite("The JSON Schema of the project file")
struct SchemaTests {
    private func schema() throws -> [String: Any] {
        let data = try Data(
            contentsOf: URL(fileURLWithPath: PythonProgram.root + "/Documentation/tapedeck.schema.json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func keys(_ object: Any?) throws -> Set<String> {
        let properties = try #require((object as? [String: Any])?["properties"] as? [String: Any])
        for (key, value) in properties {
            #expect((value as? [String: Any])?["description"] is String, "\(key) has no description")
        }
        return Set(properties.keys)
    }

    @Test("knows the keys that the parser knows, and no others")
    func inStep() throws {
        let schema = try schema()
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(try keys(schema) == Set(ProjectFile.keys))
        #expect(Set(ProjectFile.keys).isSuperset(of: RuleFile.keys))
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(try keys(properties["replay"]) == Set(ProjectFile.Replay.keys))
        for (section, commands) in ServerSetting.Commands.names {
            #expect(try keys(properties[section]) == Set(ServerSetting.settings(of: commands).map(\.key)))
        }
        let definitions = try #require(schema["$defs"] as? [String: Any])
        #expect(try keys(definitions["rule"]) == Set(RuleParser.Key.allCases.map(\.rawValue)))
        let port = try #require((definitions["port"] as? [String: Any])?["anyOf"] as? [Any])
        #expect(try keys(port.last) == Set(ListenItem.keys))
        let mockPort = try #require((definitions["mockPort"] as? [String: Any])?["anyOf"] as? [Any])
        #expect(try keys(mockPort.last) == Set(MockListenItem.keys))
        #expect(Set(ProjectFile.keys).isSuperset(of: RedactionRuleFile.keys))
        let redaction = try #require((definitions["redaction"] as? [String: Any])?["anyOf"] as? [Any])
        #expect(try keys(redaction.last) == Set(RedactionRule.keys))
    }

    @Test("takes every way of answering and every report that there is")
    func words() throws {
        let schema = try schema()
        let definitions = try #require(schema["$defs"] as? [String: Any])
        let section = (schema["properties"] as? [String: Any])?["serve"] as? [String: Any]
        let reply = try #require((section?["properties"] as? [String: Any])?["reply"] as? [String: Any])
        let port = ((definitions["port"] as? [String: Any])?["anyOf"] as? [Any])?.last as? [String: Any]
        let replyOfPort = try #require((port?["properties"] as? [String: Any])?["reply"] as? [String: Any])
        for text in PlainReply.all.map(\.name) + ["exec:cat", "recording:a.tape.jsonl"] {
            #expect(try takes(reply, text) && takes(replyOfPort, text), "reply: \(text)")
            #expect((reply["description"] as? String)?.contains(text.prefix { $0 != ":" }) == true, "\(text)")
        }
        #expect(try !takes(reply, "nobody"))
        let report = try #require(definitions["report"] as? [String: Any])
        for format in ReportFormats.all { #expect(try takes(report, "\(format.name)=file"), "report: \(format.name)") }
        #expect(try !takes(report, "paper=file"))
    }

    private func takes(_ property: [String: Any], _ text: String) throws -> Bool {
        let pattern = try Regex(#require(property["pattern"] as? String))
        return text.firstMatch(of: pattern) != nil
    }
}
