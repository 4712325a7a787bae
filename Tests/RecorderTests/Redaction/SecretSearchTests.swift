import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("The search for secrets that were left in")
struct SecretSearchTests {
    private func findings(path: String) throws -> [SecretFinding] {
        let reader = try RecordingReader(path: path)
        var search = SecretSearch(header: reader.header)
        var found: [SecretFinding] = []
        while let event = try reader.next() { found += search.findings(in: event) }
        return found
    }

    private func findings(_ lines: String...) throws -> [SecretFinding] {
        let folder = try TemporaryFolder()
        let text = ([RecordingSamples.header, RecordingSamples.open] + lines).map { $0 + "\n" }.joined()
        try Data(text.utf8).write(to: URL(filePath: folder / "a"))
        return try findings(path: folder / "a")
    }

    private static func value(_ value: String, _ more: String = "") -> String {
        #"{"t":1,"s":1,"from":"client","value":\#(value)\#(more)}"#
    }

    @Test("tells line, place and kind, and of the secret its beginning alone")
    func tells() throws {
        let found = try findings(
            Self.value(#"{"ok":1}"#), Self.value(#"{"a":["see ftp://bob:hunter2hunter2@h"]}"#),
            Self.value(#"{"password":"hunter2"}"#), Self.value(#"{"x":{"token":"9f86d081884c7d659a2feaa0c55ad015"}}"#),
            Self.value(#"{"card":4111111111111111}"#), Self.value(#"{"m":"password=hunter2&a=b"}"#),
            #"{"t":1,"s":1,"from":"client","base64":"cGFzc3dvcmQ9aHVudGVyMg==","error":"x"}"#)
        #expect(
            found.map { "\($0.line) \($0.path) \($0.kind) \($0.masked)" } == [
                "4 $.a[0][14:28] password in a URL \"hun…\" (14 bytes)",
                "5 $.password what stands under the name of a secret \"h…\" (7 bytes)",
                "6 $.x.token what stands under the name of a secret \"9f86…\" (32 bytes)",
                "7 $.card card number \"4111…\" (16 bytes)",
                "8 $.m[9:16] what stands under the name of a secret \"h…\" (7 bytes)",
                "9 bytes[9:16] what stands under the name of a secret \"h…\" (7 bytes)",
            ])
    }

    @Test("takes no word, UUID or placeholder for a secret")
    func everyday() throws {
        let found = try findings(
            Self.value(#"{"token":"none","session":17,"password":"","secret":null,"pin":1234}"#),
            Self.value(
                #"{"token":"123e4567-e89b-12d3-a456-426614174000","api_key":"${API_KEY}","password":"********"}"#),
            Self.value(#"{"password":"<password>","cookie":"theme=dark; lang=de","text":"Password: wrong"}"#),
            Self.value(#"{"id":1700000000000000,"hash":"9f86d081884c7d659a2feaa0c55ad015","session":"abc"}"#))
        #expect(found == [])
    }

    @Test("takes no pseudonym for a secret")
    func pseudonyms() throws {
        let folder = try TemporaryFolder()
        let lines = [
            RecordingSamples.header, RecordingSamples.open,
            Self.value(
                #"{"a":"https://bob:hunter2hunter2@h/","password":"hunter2","h":{"Authorization":"Bearer abcdefgh12345678"}}"#
            ),
            Self.value(#"{"secret":{"key":"9f86d081884c7d659a2feaa0c55ad015","more":["4111111111111111"]}}"#),
            #"{"t":1,"s":1,"from":"client","base64":"cGFzc3dvcmQ9aHVudGVyMg==","error":"x"}"#,
            RecordingSamples.end,
        ]
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: folder / "a"))
        #expect(try findings(path: folder / "a").count >= 5)
        _ = try RecordingScrub.scrub(
            folder / "a", to: .file(folder / "b", replaces: false), Redaction(rules: [.defaults]))
        #expect(try findings(path: folder / "b") == [])
    }

    @Test("looks at the bytes where the readable form shows nothing")
    func raw() throws {
        let raw = Data(#"{"a":"ftp://u:hunter2@h"}"#.utf8).base64EncodedString()
        let found = try findings(Self.value(#"{"a":1}"#, #","raw":"\#(raw)""#))
        #expect(found.map(\.path) == ["raw"])
    }

    @Test("finds nothing in the recordings of this project")
    func own() throws {
        let root = PythonProgram.root
        for folder in ["captures", "Examples"] {
            let files = try #require(FileManager.default.enumerator(atPath: "\(root)/\(folder)"))
            let recordings = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".tape.jsonl") }
            #expect(!recordings.isEmpty)
            for file in recordings { #expect(try findings(path: "\(root)/\(folder)/\(file)") == [], "\(file)") }
        }
    }
}
