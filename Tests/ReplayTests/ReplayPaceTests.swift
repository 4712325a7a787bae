import Testing

@testable import Replay

@Suite("The pace of a replay")
struct ReplayPaceTests {
    private static let recording = """
        {"t":1,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":3,"s":1,"from":"client","value":1}
        {"t":4,"s":1,"from":"server","value":"one"}
        {"t":6,"s":1,"from":"client","value":2}
        {"t":6,"s":1,"from":"client","value":3}
        {"t":5,"s":1,"from":"client","value":4}
        {"t":8,"s":1,"close":"shutdown"}
        """

    private func options(_ speed: Double, independent: Bool = false) -> ReplayOptions {
        var options = ReplayOptions()
        options.speed = speed
        options.isIndependent = independent
        return options
    }

    @Test("at speed 1 a client does nothing sooner than it did after what went before", arguments: [1.0, 2, 0.5])
    func keeps(speed: Double) throws {
        func time(_ seconds: Double) -> String { String(seconds / speed * 1_000) }
        try Playbook.play(
            Self.recording, options: options(speed),
            """
            connect 1
            when 1 connected
            after \(time(1.999))
            after \(time(0.001))
            send 1 1
            when 1 says "one"
            after \(time(2.999))
            after \(time(0.001))
            send 1 2
            send 1 3
            send 1 4
            after \(time(2.999))
            after \(time(0.001))
            close 1
            done
            """)
    }

    @Test("behind a slow answer the pause begins with the answer")
    func slow() throws {
        try Playbook.play(
            Self.recording, options: options(1),
            """
            connect 1
            when 1 connected
            after 2000
            send 1 1
            after 4000
            when 1 says "one"
            after 1999
            after 1
            send 1 2
            send 1 3
            send 1 4
            after 2999
            after 1
            close 1
            done
            """)
    }

    @Test("independent sessions begin when they began")
    func independent() throws {
        try Playbook.play(
            Self.recording + "\n" + #"{"t":9,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}"#,
            options: options(1, independent: true),
            """
            after 999
            after 1
            connect 1
            when 1 connected
            after 2000
            send 1 1
            when 1 says "one"
            after 3000
            send 1 2
            send 1 3
            send 1 4
            after 3000
            close 1
            connect 2
            when 2 connected
            after 100
            close 2
            done
            """)
    }

    @Test("times from the far past and future do no harm")
    func extremes() {
        var pace = ReplayPace()
        #expect(pace.due(recorded: .max, speed: 1) == nil)
        pace.acted(recorded: .min, at: 5)
        #expect(pace.due(recorded: .max, speed: 1e-300) == 5)
        pace.acted(recorded: 0, at: 5)
        #expect(pace.due(recorded: .max, speed: 1e-300) == 31_536_000_000_005)
        pace = ReplayPace()
        pace.acted(recorded: 0, at: 5)
        pace.answered(recorded: 100, at: 7)
        #expect(pace.due(recorded: 50, speed: 1) == 55)
    }

    @Test("a client whose server takes nothing more waits with its next message, and gives up when nothing moves")
    func backPressure() throws {
        let text = String(repeating: "x", count: 700_000)
        let lines = (1...4).map { #"{"t":\#($0),"s":1,"from":"client","value":"\#($0)\#(text)"}"# }
        let opening = #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#
        let recording = ([opening] + lines).joined(separator: "\n")
        func count(_ actions: [ReplayMachine.Action]) -> Int {
            actions.count { if case .send = $0 { true } else { false } }
        }
        var machine = try Playbook.machine("json/lines", recording)
        _ = try machine.start(at: 0)
        #expect(count(try machine.handle(.connected(session: 1, localPort: 1), at: 0)) == 2)
        #expect(count(try machine.handle(.sent(session: 1, bytes: 65_536), at: 3_000_000)) == 0)
        #expect(count(try machine.handle(.wake, at: 7_999_999)) == 0)
        #expect(count(try machine.handle(.sent(session: 1, bytes: 500_000), at: 7_999_999)) == 1)
        let last = try machine.handle(.wake, at: 12_999_999)
        #expect(last.contains(.close(session: 1)))
        let kinds = machine.findings.differences.map(\.kind)
        #expect(
            kinds == [.ending(expected: "the server takes this message", actual: "it reads nothing for 5.0 s")])
        #expect(machine.findings.notReached == 1)
    }
}
