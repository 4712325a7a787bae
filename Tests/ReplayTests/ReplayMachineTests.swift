import Codecs
import NIOCore
import Recorder
import Testing

@testable import Replay

@Suite("The replay machine")
struct ReplayMachineTests {
    private static let opening = #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#

    /// One session that asks twice and ends.
    private static let twoRequests = """
        \(opening)
        {"t":0.1,"s":1,"from":"client","value":{"q":1}}
        {"t":0.2,"s":1,"from":"server","value":{"a":1}}
        {"t":0.3,"s":1,"from":"client","value":{"q":2}}
        {"t":0.4,"s":1,"from":"server","value":{"a":2}}
        {"t":0.40001,"s":1,"eof":"client"}
        {"t":0.5,"s":1,"close":"clean"}
        {"t":1,"end":{"sessions":1,"messages":4}}
        """

    @Test("a greeting is awaited, then requests wait for the answers before them")
    func greeting() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":{"clientid":50001}}
            {"t":0.2,"s":1,"from":"client","value":{"id":50001}}
            {"t":0.3,"s":1,"from":"server","value":"hi"}
            {"t":0.4,"s":1,"eof":"client"}
            {"t":0.5,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected from 60001
            when 1 says {"clientid":60001}
            send 1 {"id":60001}
            when 1 says "hi"
            after 99
            after 1
            finish 1
            when 1 ends
            close 1
            done
            """)
    }

    @Test("answers that come as recorded are no difference, however slow")
    func slow() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            after 4000
            when 1 connected
            send 1 {"q":1}
            after 4999
            when 1 says {"a":1}
            send 1 {"q":2}
            after 4999
            when 1 says {"a":2}
            after 100
            finish 1
            when 1 ends
            close 1
            done
            """)
    }

    @Test("pipelined requests go out together, their answers are compared in order")
    func pipelining() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.1,"s":1,"from":"client","value":2}
            {"t":0.1,"s":1,"from":"client","value":3}
            {"t":0.2,"s":1,"from":"server","value":"one"}
            {"t":0.2,"s":1,"from":"server","value":"two"}
            {"t":0.2,"s":1,"from":"server","value":"three"}
            """,
            """
            connect 1
            when 1 connected
            send 1 1
            send 1 2
            send 1 3
            when 1 says "one"
            when 1 says "two"
            when 1 says "three"
            after 99
            after 1
            close 1
            done
            """)
    }

    @Test("one missing answer among pipelined ones is one difference, found without waiting")
    func missingAmongPipelined() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.2,"s":1,"from":"server","value":"one"}
            {"t":0.2,"s":1,"from":"server","value":"two"}
            {"t":0.2,"s":1,"from":"server","value":"three"}
            {"t":0.2,"s":1,"from":"server","value":"four"}
            {"t":0.3,"s":1,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            send 1 1
            when 1 says "three"
            when 1 says "four"
            after 100
            close 1
            done
            found 1 missing "one": a later one came instead
            found 1 missing "two": a later one came instead
            """)
    }

    @Test("a duplicated answer is one difference and does not shift the rest")
    func duplicate() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 says {"a":1}
            send 1 {"q":2}
            when 1 says {"a":1}
            after 50
            when 1 says {"a":2}
            after 100
            finish 1
            when 1 ends
            close 1
            done
            found 1 extra {"a":1}
            """)
    }

    @Test("a wrong answer is one difference, told when nothing follows it")
    func wrongAnswer() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 says {"a":1.0}
            after 99
            after 1
            send 1 {"q":2}
            when 1 says {"a":2}
            after 100
            finish 1
            when 1 ends
            close 1
            done
            found 1 value $.a: 1, now 1.0
            """)
    }

    @Test("a wrong answer before a right one is told at once")
    func wrongBeforeRight() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"from":"server","value":"one"}
            {"t":0.2,"s":1,"from":"server","value":"two"}
            {"t":0.3,"s":1,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            when 1 says "uno"
            when 1 says "two"
            after 100
            close 1
            done
            found 1 value $: "one", now "uno"
            """)
    }

    @Test("an extra message after the last one is listened for during settle")
    func extraAtTheEnd() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 says {"a":1}
            send 1 {"q":2}
            when 1 says {"a":2}
            after 99
            when 1 says "ps"
            after 100
            finish 1
            when 1 says "after the client's end nothing is compared"
            when 1 ends
            close 1
            done
            found 1 extra "ps"
            """)
    }

    @Test("an answer that does not come ends the session, whose rest is not reached; others go on")
    func missingByTimeout() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":1,"from":"client","value":1}
            {"t":2,"s":1,"from":"server","value":"one"}
            {"t":3,"s":2,"from":"client","value":2}
            {"t":3,"s":1,"from":"client","value":"never"}
            {"t":3,"s":1,"from":"server","value":"never"}
            {"t":4,"s":2,"from":"server","value":"two"}
            {"t":5,"s":1,"eof":"client"}
            {"t":5,"s":1,"close":"clean"}
            {"t":6,"s":2,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 connected
            after 10
            send 1 1
            after 4999
            after 1
            close 1
            send 2 2
            when 2 says "two"
            after 100
            close 2
            done
            found 1 missing "one": nothing came within 5.0 s
            not reached 2
            """)
    }

    @Test("a message that the server's end leaves out is missing at once")
    func missingByEnd() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 ends
            close 1
            done
            found 1 missing {"a":1}: the server ended the connection
            not reached 2
            """)
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 says {"a":1}
            send 1 {"q":2}
            when 1 resets
            close 1
            done
            found 1 missing {"a":2}: the server reset the connection
            """)
    }

    @Test("an answer that is cut off does not decode")
    func cutOff() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 says {"a":1}
            send 1 {"q":2}
            when 1 breaks off {"a":
            finish 1
            close 1
            done
            found 1 undecodable: the connection ended inside this message
            """)
    }

    @Test("behind bytes that are lost nothing is compared any more")
    func lost() throws {
        try Playbook.play(
            Self.twoRequests,
            """
            connect 1
            when 1 connected
            send 1 {"q":1}
            when 1 garbles it all
            close 1
            done
            found 1 undecodable: byte 0: no JSON
            not reached 2
            """)
    }

    @Test("a target that takes no connection ends the replay: nothing can be said of it")
    func unreachable() throws {
        var run = try Playbook.Run("json/lines", Self.twoRequests, options: ReplayOptions(), showsWakes: false)
        try run.start()
        try run.happen("when 1 refused Connection refused")
        #expect(run.transcript.suffix(2) == ["close 1", "done"])
        #expect(run.machine.findings.unreachable == "Connection refused")
    }

    @Test("a connection that is refused later is a difference, and others go on")
    func refused() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":2,"from":"server","value":"hello"}
            {"t":3,"s":1,"from":"client","value":1}
            {"t":4,"s":1,"from":"server","value":"one"}
            {"t":5,"s":1,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 refused go away
            close 2
            send 1 1
            when 1 says "one"
            after 100
            close 1
            done
            found 2 refused: go away
            not reached 1
            """)
    }

    @Test("a connection that comes after it was given up is closed")
    func lateConnection() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":3,"s":1,"from":"client","value":1}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            after 5000
            close 2
            send 1 1
            when 2 connected
            close 2
            after 100
            close 1
            done
            found 2 refused: the server of port 7000: no connection within 5.0 s
            """)
    }

    @Test("a killed recorder leaves sessions without an end: they are closed when all has come")
    func neverClosed() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.2,"s":1,"from":"server","value":"one"}
            """,
            """
            connect 1
            when 1 connected
            send 1 1
            when 1 says "one"
            after 60
            when 1 says "two"
            after 39
            after 1
            close 1
            done
            found 1 extra "two"
            """)
    }

    @Test("a gap in what clients sent is counted")
    func gaps() throws {
        var machine = try Playbook.machine(
            "json/lines",
            """
            {"t":0,"gap":{"from":"client","bytes":7}}
            {"t":0,"gap":{"from":"server","bytes":7}}
            {"t":0,"gap":{"events":7}}
            """)
        #expect(try machine.start(at: 0) == [.done])
        #expect(machine.findings.gaps == 2)
    }

    @Test(
        "events of unknown sessions and ports, and sessions that open twice, are errors",
        arguments: [
            (#"{"t":0,"s":4,"from":"client","value":1}"#, ReplayError.unknownSession(4, line: 2)),
            (#"{"t":0,"s":4,"from":"server","value":1}"#, .unknownSession(4, line: 2)),
            (#"{"t":0,"s":4,"eof":"server"}"#, .unknownSession(4, line: 2)),
            (#"{"t":0,"s":4,"close":"clean"}"#, .unknownSession(4, line: 2)),
            (#"{"t":0,"s":4,"open":{"port":99,"peer":""}}"#, .unknownPort(99, line: 2)),
        ])
    func errors(line: String, expected: ReplayError) throws {
        var machine = try Playbook.machine("json/lines", line)
        #expect(throws: expected) { _ = try machine.start(at: 0) }
    }

    @Test(
        "a session that goes on behind its close is an error, not passed over", arguments: [false, true],
        [#""from":"server","value":1"#, #""from":"client","value":1"#, #""eof":"client""#, #""close":"clean""#])
    func behindClose(isIndependent: Bool, event: String) throws {
        var options = ReplayOptions()
        options.isIndependent = isIndependent
        let close = #"{"t":1,"s":1,"close":"clean"}"#
        var machine = try Playbook.machine(
            "json/lines", "\(Self.opening)\n\(close)\n{\"t\":2,\"s\":1,\(event)}", options: options)
        _ = try machine.start(at: 0)
        #expect(throws: ReplayError.behindClose(1, line: 4)) {
            _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 1)
            _ = try machine.handle(.wake, at: 10_000_000)
        }
    }

    @Test("a session that opens twice is an error")
    func openedTwice() throws {
        var machine = try Playbook.machine("json/lines", Self.opening + "\n" + Self.opening)
        _ = try machine.start(at: 0)
        #expect(throws: ReplayError.sessionTwice(1, line: 3)) {
            _ = try machine.handle(.connected(session: 1, localPort: 1), at: 0)
        }
    }

    @Test("times that go back or are huge, and a last header, do no harm")
    func times() throws {
        try Playbook.play(
            """
            {"t":99999999999,"s":1,"open":{"port":7000,"peer":""}}
            {"t":0,"s":2,"open":{"port":7000,"peer":":99999999999999999999"}}
            {"tapedeck":1,"ports":[{"listen":"h:7000","codec":"raw/lines"}]}
            {"t":0,"s":3,"open":{"port":7000,"peer":"h:-5"}}
            {"t":99999999999,"s":1,"from":"client","value":1}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 connected
            connect 3
            when 3 connected
            after 10
            send 1 1
            after 100
            close 1
            close 2
            close 3
            done
            """)
    }

    @Test("a server that sends without end is not read any more, until the recording asks for it")
    func flood() throws {
        let recording = """
            \(Self.opening)
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":2,"from":"server","value":0}
            {"t":1,"s":2,"eof":"client"}
            {"t":2,"s":1,"close":"shutdown"}
            """
        var machine = try Playbook.machine("json/lines", recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 1), at: 0)
        _ = try machine.handle(.connected(session: 2, localPort: 2), at: 0)
        let flood = ActualMessage(payload: Array("1".utf8), wire: Array("1\n".utf8))
        var actions: [ReplayMachine.Action] = []
        for _ in 0..<5_000 { actions += try machine.handle(.received(session: 1, flood), at: 0) }
        #expect(actions.filter { $0 == .pauseReading(session: 1) }.count == 1)
        _ = try machine.handle(.received(session: 2, ActualMessage(payload: [48], wire: [48, 10])), at: 0)
        _ = try machine.handle(.wake, at: 10_000_000)
        _ = try machine.handle(.wake, at: 20_000_000)
        #expect(machine.findings.differences.count == ReplayFindings.maximumDifferences)
        #expect(machine.findings.moreDifferences == 4_000)
    }

    @Test("of many long messages that differ only the first are kept whole")
    func longDifferences() throws {
        let text = "\"" + String(repeating: "a", count: 9_999)
        let recording =
            Self.opening + "\n"
            + (1...2).map { #"{"t":0.\#($0),"s":1,"from":"server","value":\#(text)b"}"# }.joined(separator: "\n")
        let answer = Array((text + "c\"").utf8)
        var machine = try Playbook.machine("json/lines", recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 50_001), at: 0)
        for number in [1, 2] as [Int64] {
            _ = try machine.handle(
                .received(session: 1, ActualMessage(payload: answer, wire: answer + [10])), at: number)
            _ = try machine.handle(.wake, at: number * 1_000_000)
            machine.findings.keptBytes += ReplayFindings.maximumKeptBytes
        }
        let texts = machine.findings.differences.flatMap { difference in
            guard case .value(let values) = difference.kind else { return [] as [String] }
            return values.flatMap { [$0.expected ?? "", $0.actual ?? ""] }
        }
        #expect(texts.map(\.utf8.count) == [10_002, 10_002, 1_029, 1_029])
        #expect(texts.dropFirst(2).map { String($0.suffix(3)) } == ["ab\"", "ac\""])
        #expect(texts.dropFirst(2).allSatisfy { $0.hasPrefix("…a") })
    }

    @Test("a long recording is replayed in flat memory: what has ended is forgotten")
    func long() throws {
        let count = 10_000
        var number = 0
        var step = 0
        let message = RecordedEvents.message
        var machine = try ReplayMachine(
            header: RecordedEvents.header, options: ReplayOptions(), limits: .init()
        ) { () throws(RecordingError) in
            step += 1
            if step % 5 == 1 { number += 1 }
            return number > count ? nil : RecordedEvents.event(step % 5, number, message)
        }
        var actions = try machine.start(at: 0)
        var now: Int64 = 0
        while let action = actions.first {
            now += 200_000
            switch action {
            case .connect(let session, _):
                actions = try machine.handle(.connected(session: session, localPort: 9), at: now)
            case .send(let session, _):
                actions = try machine.handle(.received(session: session, RecordedEvents.answer), at: now)
            case .finish(let session): actions = try machine.handle(.ended(session: session, isReset: false), at: now)
            case .wake: actions = try machine.handle(.wake, at: now)
            case .close: actions.removeFirst()
            default: actions = []
            }
        }
        #expect(machine.findings.sessions == count)
        #expect(machine.findings.matched == count)
        #expect(machine.findings.differences.isEmpty)
        #expect(machine.sessions.isEmpty && machine.sessions.expectationCount == 0)
    }
}
