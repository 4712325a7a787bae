import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("A replay of sessions that are independent")
struct ReplayIndependentTests {
    private static let options: ReplayOptions = {
        var options = ReplayOptions()
        options.isIndependent = true
        return options
    }()

    private static let twoSessions = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
        {"t":1,"s":1,"from":"client","value":1}
        {"t":1,"s":1,"from":"server","value":"one"}
        {"t":2,"s":2,"from":"client","value":2}
        {"t":2,"s":2,"from":"server","value":"two"}
        {"t":3,"s":2,"from":"client","value":3}
        {"t":3,"s":2,"from":"server","value":"three"}
        {"t":4,"s":1,"from":"client","value":4}
        {"t":4,"s":1,"from":"server","value":"four"}
        {"t":5,"s":1,"eof":"client"}
        {"t":5,"s":1,"close":"clean"}
        {"t":5,"s":2,"eof":"client"}
        {"t":5,"s":2,"close":"clean"}
        """

    @Test("each goes on as soon as what it awaits itself has come")
    func goesOn() throws {
        try Playbook.play(
            Self.twoSessions, options: Self.options,
            """
            connect 1
            connect 2
            when 2 connected
            send 2 2
            when 2 says "two"
            send 2 3
            when 1 connected
            send 1 1
            when 2 says "three"
            after 100
            finish 2
            when 1 says "one"
            send 1 4
            when 2 ends
            close 2
            when 1 says "four"
            after 100
            finish 1
            when 1 ends
            close 1
            done
            """)
    }

    @Test("one that sends what the server makes up in another waits for that, and not for ever")
    func identifiers() throws {
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":1,"s":1,"from":"client","value":"make"}
            {"t":2,"s":1,"from":"server","value":{"room":"k3jf82ls0q"}}
            {"t":3,"s":2,"from":"client","value":{"join":"k3jf82ls0q"}}
            {"t":3,"s":2,"from":"server","value":"joined"}
            {"t":4,"s":1,"close":"shutdown"}
            {"t":4,"s":2,"close":"shutdown"}
            """
        try Playbook.play(
            recording, options: Self.options,
            """
            connect 1
            connect 2
            when 2 connected
            when 1 connected
            send 1 "make"
            when 1 says {"room":"p8xd31mv7z"}
            send 2 {"join":"p8xd31mv7z"}
            when 2 says "joined"
            after 100
            close 1
            close 2
            done
            """)
        try Playbook.play(
            recording, options: Self.options,
            """
            connect 1
            connect 2
            when 2 connected
            when 1 connected
            send 1 "make"
            when 1 says "no"
            after 4999
            close 1
            after 1
            send 2 {"join":"k3jf82ls0q"}
            when 2 says "joined"
            after 100
            close 2
            done
            found 1 value $: {"room":"k3jf82ls0q"}, now "no"
            """)
    }

    @Test("one that hangs has a time of its own, and the others do not wait for it")
    func hangs() throws {
        try Playbook.play(
            Self.twoSessions, options: Self.options,
            """
            connect 1
            connect 2
            when 1 connected
            send 1 1
            after 4000
            when 2 connected
            send 2 2
            after 999
            when 2 says "two"
            send 2 3
            after 1
            close 1
            when 2 says "three"
            after 100
            finish 2
            when 2 ends
            close 2
            done
            found 1 missing "one": nothing came within 5.0 s
            not reached 2
            """)
    }

    @Test("sessions that stand behind a long one that hangs are reached when it is given up")
    func reached() throws {
        let messages = 80_000
        var number = 0
        var message = RecordedMessage(from: .server, form: .value, text: Array("1".utf8))
        var machine = try ReplayMachine(
            header: RecordedEvents.header, options: Self.options, limits: .init()
        ) { () throws(RecordingError) in
            number += 1
            let opening = SessionOpening(port: 7_000, peer: "127.0.0.1:50001")
            switch number {
            case 1: return TranscriptEvent(time: 0, session: 1, kind: .opened(opening))
            case 2...(messages + 1):
                message.from = number % 2 == 0 ? .client : .server
                return TranscriptEvent(time: 0, session: 1, kind: .message(message))
            case messages + 2: return TranscriptEvent(time: 0, session: 2, kind: .opened(opening))
            case messages + 3:
                message.from = .client
                return TranscriptEvent(time: 0, session: 2, kind: .message(message))
            default: return nil
            }
        }
        #expect(try machine.start(at: 0).first == .connect(session: 1, port: 7_000))
        let first = try machine.handle(.connected(session: 1, localPort: 1), at: 0)
        #expect(first.first == .send(session: 1, Array("1\n".utf8)))
        // It never answers.
        let later = try machine.handle(.wake, at: 5_000_000)
        #expect(later.contains(.connect(session: 2, port: 7_000)))
        #expect(number < messages + 10)
        let last = try machine.handle(.connected(session: 2, localPort: 2), at: 5_000_001)
        #expect(last.contains(.send(session: 2, Array("1\n".utf8))))
        #expect(try machine.handle(.wake, at: 6_000_000).last == .done)
        #expect(machine.findings.differences.count == 1)
        #expect(machine.findings.notReached == messages - 2)
        #expect(machine.findings.sent == 2)
    }

    @Test("a thousand that are open at the same time are all begun, and each is compared")
    func thousand() throws {
        let count = 1_000
        let order = (0..<5).flatMap { step in (1...count).map { (step + 1, $0) } }
        var place = 0
        var machine = try ReplayMachine(
            header: RecordedEvents.header, options: Self.options, limits: .init()
        ) { () throws(RecordingError) in
            defer { place += 1 }
            return place < order.count
                ? RecordedEvents.event(order[place].0, order[place].1, RecordedEvents.message) : nil
        }
        var waiting = try machine.start(at: 0)
        var now: Int64 = 0
        var turns = 0
        while let action = waiting.popLast(), turns < 100_000 {
            now += 1
            turns += 1
            switch action {
            case .connect(let session, _):
                waiting += try machine.handle(.connected(session: session, localPort: 9), at: now)
            case .send(let session, _):
                waiting += try machine.handle(.received(session: session, RecordedEvents.answer), at: now)
            case .finish(let session): waiting += try machine.handle(.ended(session: session, isReset: false), at: now)
            case .done: waiting = []
            default: break
            }
            if waiting.isEmpty, action != .done {
                now += 200_000
                waiting += try machine.handle(.wake, at: now)
            }
        }
        #expect(machine.findings.sessions == count)
        #expect(machine.findings.matched == count)
        #expect(machine.findings.differences.isEmpty)
        #expect(machine.lanes.count == 1)
    }

    @Test("events of unknown sessions, and one that opens twice, are errors")
    func errors() throws {
        let open = #"{"t":0,"s":4,"open":{"port":7000,"peer":""}}"#
        for (lines, expected) in [
            (#"{"t":0,"s":4,"from":"client","value":1}"#, ReplayError.unknownSession(4, line: 2)),
            (#"{"t":0,"s":4,"open":{"port":99,"peer":""}}"#, .unknownPort(99, line: 2)),
        ] {
            var machine = try Playbook.machine("json/lines", lines, options: Self.options)
            #expect(throws: expected) { _ = try machine.start(at: 0) }
        }
        var machine = try Playbook.machine("json/lines", open + "\n" + open, options: Self.options)
        _ = try machine.start(at: 0)
        #expect(throws: ReplayError.sessionTwice(4, line: 3)) {
            _ = try machine.handle(.connected(session: 4, localPort: 1), at: 0)
        }
    }
}
