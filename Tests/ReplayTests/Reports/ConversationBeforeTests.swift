import Codecs
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("The conversation before a difference")
struct ConversationBeforeTests {
    private static let recording = """
        {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
        {"t":0.1,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.2,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
        {"t":0.3,"s":2,"from":"client","value":"join"}
        {"t":0.4,"s":2,"from":"server","value":"joined"}
        {"t":0.5,"s":1,"from":"client","value":"one"}
        {"t":0.6,"s":1,"from":"server","value":"ok"}
        {"t":0.7,"s":1,"from":"client","value":"hello"}
        {"t":0.8,"s":2,"from":"server","value":"1 says hello"}
        {"t":0.9,"s":2,"from":"client","value":"bye"}
        {"t":1.0,"s":2,"from":"server","value":"see you"}
        {"t":1.1,"s":1,"from":"server","value":"2 is gone"}
        {"t":1.2,"s":2,"close":"clean"}
        {"t":1.3,"s":1,"close":"clean"}
        {"t":1.4,"end":{"sessions":2,"messages":9}}

        """

    /// The lines of the recording that are shown with a difference at a line.
    private func lines(_ places: [(session: Int, line: Int)], missing: Bool = false) throws -> [[Int]] {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let kind =
            missing
            ? Difference.Kind.missing(expected: RecordedMessage(from: .server, form: .value, text: []), reason: "")
            : .value([])
        var differences = places.map { Difference(kind, session: $0.session, line: $0.line, time: 0) }
        ConversationBefore.fill(&differences, from: path)
        return differences.map { $0.context.map(\.line) }
    }

    @Test("is the session's own last events, up to the message itself")
    func own() throws {
        #expect(try lines([(1, 7)]) == [[2, 6, 7]])
        #expect(try lines([(2, 11)]) == [[5, 9, 10, 11]])
    }

    @Test("has what other clients did since this one waits")
    func others() throws {
        #expect(try lines([(2, 9)]) == [[3, 4, 5, 6, 8, 9]])
        #expect(try lines([(1, 12)]) == [[6, 7, 8, 10, 12]])
    }

    @Test("ends before a message that is missing, since that stands below")
    func missing() throws { #expect(try lines([(2, 9)], missing: true) == [[3, 4, 5, 6, 8]]) }

    @Test("is found for differences in any order, and those that are about no line have none")
    func several() throws {
        #expect(try lines([(2, 11), (0, 0), (1, 7), (9, 8)]) == [[5, 9, 10, 11], [], [2, 6, 7], []])
    }

    @Test("is missing where the recording is gone")
    func gone() throws {
        var differences = [Difference(.value([]), session: 1, line: 3, time: 0)]
        ConversationBefore.fill(&differences, from: "/no/such.tape.jsonl")
        #expect(differences[0].context.isEmpty)
    }
}
