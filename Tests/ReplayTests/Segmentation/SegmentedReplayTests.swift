import Testing

@testable import Replay

@Suite("A replay in other pieces")
struct SegmentedReplayTests {
    private static let opening = #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#
    private static let strict = """
        \(opening)
        {"t":1,"s":1,"from":"client","value":"a"}
        {"t":1,"s":1,"from":"server","value":"A"}
        {"t":2,"s":1,"from":"client","value":"b"}
        {"t":2,"s":1,"from":"server","value":"B"}
        {"t":3,"s":1,"from":"client","value":"c"}
        {"t":3,"s":1,"from":"server","value":"C"}
        {"t":4,"s":1,"close":"shutdown"}
        """

    private func options(_ way: Segmentation) -> ReplayOptions {
        var options = ReplayOptions()
        options.segmentation = way
        return options
    }

    /// What is sent, with `|` between pieces and `↵` for a line's end.
    private func sent(_ recording: String, _ way: Segmentation, answers: [[String]]) throws -> [String] {
        var machine = try Playbook.machine("json/lines", recording, options: options(way))
        var texts: [String] = []
        var now: Int64 = 0
        func note(_ actions: [ReplayMachine.Action]) {
            for case .sendPieces(let session, let pieces) in actions {
                let text = pieces.map { String(decoding: $0, as: UTF8.self).replacing("\n", with: "↵") }
                texts.append("\(session): " + text.joined(separator: "|"))
            }
        }
        note(try machine.start(at: 0))
        note(try machine.handle(.connected(session: 1, localPort: 1), at: 0))
        note(try machine.handle(.sent(session: 1, bytes: 1_000), at: 0))
        for turn in answers {
            for answer in turn {
                let bytes = Array("\"\(answer)\"".utf8)
                note(
                    try machine.handle(
                        .received(session: 1, ActualMessage(payload: bytes, wire: bytes + [10])), at: now))
            }
            now += 10_000
            note(try machine.handle(.sent(session: 1, bytes: 1_000), at: now))
        }
        now += 100_000
        let last = try machine.handle(.wake, at: now)
        #expect(last.last == .done)
        #expect(machine.findings.differences.isEmpty)
        #expect(machine.findings.matched == answers.joined().count)
        return texts
    }

    @Test("joined, a message goes out with the next one behind its answer, and the answers keep their order")
    func coalesce() throws {
        let texts = try sent(Self.strict, .coalesce, answers: [["A", "B"], ["C"]])
        #expect(texts == [#"1: "a"↵"b"↵"#, #"1: "c"↵"#])
    }

    @Test("joined, messages that were sent together are one piece")
    func pipelined() throws {
        let recording = """
            \(Self.opening)
            {"t":1,"s":1,"from":"client","value":"a"}
            {"t":1,"s":1,"from":"client","value":"b"}
            {"t":1,"s":1,"from":"client","value":"c"}
            {"t":2,"s":1,"from":"server","value":"A"}
            {"t":2,"s":1,"from":"server","value":"B"}
            {"t":2,"s":1,"from":"server","value":"C"}
            """
        #expect(try sent(recording, .coalesce, answers: [["A", "B", "C"]]) == [#"1: "a"↵"b"↵"c"↵"#])
        #expect(
            try sent(recording, .whole, answers: [["A", "B", "C"]]).prefix(1) == [#"1: "a"↵"#],
            "the next waits until the piece is out")
    }

    @Test("a message that holds what an answer is still to make up is not sent ahead of it")
    func identifiers() throws {
        let recording = """
            \(Self.opening)
            {"t":1,"s":1,"from":"client","value":"make"}
            {"t":1,"s":1,"from":"server","value":"k3jf82ls0q"}
            {"t":2,"s":1,"from":"client","value":["join","k3jf82ls0q"]}
            {"t":2,"s":1,"from":"server","value":"A"}
            """
        let texts = try sent(recording, .coalesce, answers: [["p8xd31mv7z"], ["A"]])
        #expect(texts == [#"1: "make"↵"#, #"1: ["join","p8xd31mv7z"]↵"#])
    }

    @Test("byte by byte, each byte is a piece")
    func bytes() throws {
        let texts = try sent(Self.strict, .bytes, answers: [["A"], ["B"], ["C"]])
        #expect(texts == [#"1: "|a|"|↵"#, #"1: "|b|"|↵"#, #"1: "|c|"|↵"#])
    }

    @Test("a cut inside joined messages is one")
    func chosen() throws {
        let places = [
            SegmentPoint(.join, session: 1, message: 2, line: 5),
            SegmentPoint(.cut(after: 2), session: 1, message: 2, line: 5),
            SegmentPoint(.cut(after: 1), session: 1, message: 1, line: 3),
        ]
        let texts = try sent(Self.strict, .only(places), answers: [["A", "B"], ["C"]])
        #expect(texts == [#"1: "|a"↵"b|"↵"#, #"1: "c"↵"#])
    }

    @Test(
        "a message is not sent ahead of what another session does, of an end, or of another header",
        arguments: [
            #"{"t":1,"s":2,"from":"server","value":"X"}"#, #"{"t":1,"s":2,"from":"client","value":"x"}"#,
            #"{"t":1,"s":1,"eof":"server"}"#,
            #"{"tapedeck":1,"ports":[{"listen":"h:7000","codec":"json/lines"}]}"#,
        ])
    func notAhead(between: String) throws {
        let recording = """
            \(Self.opening)
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":1,"from":"client","value":"a"}
            \(between)
            {"t":2,"s":1,"from":"client","value":"b"}
            """
        var machine = try Playbook.machine("json/lines", recording, options: options(.coalesce))
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 1), at: 0)
        _ = try machine.handle(.connected(session: 2, localPort: 2), at: 0)
        let actions = try machine.handle(.wake, at: 10_000)
        #expect(actions.contains(.sendPieces(session: 1, [Array("\"a\"\n".utf8)])), "\(actions)")
    }

    @Test("while pieces are on their way nothing else is done, and the time for an answer has not begun")
    func waits() throws {
        let recording = """
            \(Self.opening)
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":1,"from":"client","value":"a"}
            {"t":2,"s":2,"from":"client","value":"b"}
            {"t":2,"s":1,"from":"server","value":"A"}
            """
        var machine = try Playbook.machine("json/lines", recording, options: options(.bytes))
        func sends(_ actions: [ReplayMachine.Action], _ session: Int) -> Bool {
            actions.contains { if case .sendPieces(session, _) = $0 { true } else { false } }
        }
        var actions = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 1), at: 0)
        _ = try machine.handle(.connected(session: 2, localPort: 2), at: 0)
        actions = try machine.handle(.wake, at: 10_000)
        #expect(sends(actions, 1))
        actions = try machine.handle(.sent(session: 1, bytes: 3), at: 4_000_000)
        #expect(!sends(actions, 2))
        actions = try machine.handle(.sent(session: 1, bytes: 1), at: 8_000_000)
        #expect(!sends(actions, 2))
        actions = try machine.handle(.wake, at: 8_010_000)
        #expect(sends(actions, 2))
        _ = try machine.handle(.sent(session: 2, bytes: 4), at: 12_000_000)
        #expect(machine.findings.differences.isEmpty)
        _ = try machine.handle(.wake, at: 16_999_999)
        #expect(machine.findings.differences.isEmpty)
        _ = try machine.handle(.wake, at: 17_000_000)
        #expect(machine.findings.differences.count == 1)
    }
}
