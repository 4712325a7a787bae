import Codecs
import TestSupport
import Testing

@testable import Recorder

@Suite("An excerpt of a recording")
struct RecordingExcerptTests {
    private static let lines = [
        #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#,
        #"{"t":0.0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:5"}}"#,
        #"{"t":1.5,"s":1,"from":"client","value":{"a": 1},"raw":"eyJhIjogMX0NCg==","mine":[1, 2]}"#,
        #"{"t":2.0,"s":1,"from":"server","value":2}"#, #"{"t":3.0,"s":1,"close":"clean"}"#,
        #"{"t":4.0,"end":{"sessions":1,"messages":2}}"#,
    ]

    private func excerpt(_ text: String, maximumBytes: Int = RecordingExcerpt.maximumBytes) throws -> RecordingExcerpt {
        let folder = try ScratchFolder()
        return try RecordingExcerpt(path: try folder.write(text, to: "a.tape.jsonl"), maximumBytes: maximumBytes)
    }

    private func text(_ excerpt: RecordingExcerpt, _ choice: RecordingExcerpt.Choice) throws -> String {
        String(decoding: try #require(excerpt.text(of: choice)), as: UTF8.self)
    }

    @Test("of all of it is the recording, but for the end, which counts anew")
    func whole() throws {
        let text = Self.lines.joined(separator: "\n") + "\n"
        let excerpt = try excerpt(text)
        #expect(try self.text(excerpt, .init()) == text.replacing(#""t":4.0,"#, with: #""t":4.000000,"#))
        let size = excerpt.size(of: .init())
        #expect((size.sessions, size.messages) == (1, 2))
    }

    @Test("leaves lines out and changes messages, whose bytes go")
    func parts() throws {
        let excerpt = try excerpt(Self.lines.joined(separator: "\n") + "\n")
        var choice = RecordingExcerpt.Choice()
        choice.removed = [3]
        choice.changed[2] = RecordedMessage(from: .client, form: .value, text: Array("{}".utf8))
        let lines = try text(excerpt, choice).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                Self.lines[0], Self.lines[1], #"{"t":1.5,"s":1,"from":"client","value":{},"mine":[1, 2]}"#,
                Self.lines[4], #"{"t":4.000000,"end":{"sessions":1,"messages":1}}"#,
            ])
    }

    @Test("ends as it should, also where the recording is torn, or an editor left returns and blank lines")
    func mends() throws {
        let torn = try excerpt(Self.lines.dropLast().joined(separator: "\n") + "\n" + #"{"t":4"#)
        #expect(torn.tornLine == 6)
        #expect(try text(torn, .init()).hasSuffix(#"{"t":3.000000,"end":{"sessions":1,"messages":2}}"# + "\n"))
        let foreign = try excerpt(Self.lines.joined(separator: "\r\n\n") + "\r\n")
        #expect(try !text(foreign, .init()).contains("\r") && !text(foreign, .init()).contains("\n\n"))
    }

    @Test("is of a recording up to a size, and of one that is whole")
    func limits() throws {
        let text = Self.lines.joined(separator: "\n") + "\n"
        let bytes = Self.lines.reduce(0) { $0 + $1.utf8.count }
        #expect(try excerpt(text, maximumBytes: bytes).events.count == 6)
        #expect(throws: RecordingError.self) { _ = try excerpt(text, maximumBytes: bytes - 1) }
        #expect(throws: RecordingError.self) { _ = try excerpt(text.replacing(#""s":1,"close""#, with: "nonsense")) }
    }
}
