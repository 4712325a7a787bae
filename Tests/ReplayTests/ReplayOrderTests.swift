import Testing

@testable import Replay

@Suite("The order of a replay over several sessions")
struct ReplayOrderTests {
    private static let openings = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
        """

    @Test("what one client sends and another hears keeps the recorded order")
    func chat() throws {
        try Playbook.play(
            """
            \(Self.openings)
            {"t":1,"s":1,"from":"client","value":"hi"}
            {"t":1,"s":2,"from":"server","value":"hi"}
            {"t":2,"s":2,"from":"client","value":"hello"}
            {"t":2,"s":1,"from":"server","value":"hello"}
            {"t":3,"s":1,"close":"shutdown"}
            {"t":3,"s":2,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 connected
            after 10
            send 1 "hi"
            when 2 says "hi"
            send 2 "hello"
            when 1 says "hello"
            after 100
            close 1
            close 2
            done
            """)
    }

    @Test("a client that connects again from the same port is another session, and its port the new one")
    func reconnects() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"server","value":50001}
            {"t":2,"s":1,"eof":"client"}
            {"t":2,"s":1,"close":"clean"}
            {"t":3,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":4,"s":2,"from":"server","value":50001}
            {"t":5,"s":2,"from":"client","value":50001}
            """,
            """
            connect 1
            when 1 connected from 60001
            when 1 says 60001
            after 100
            finish 1
            when 1 ends
            close 1
            connect 2
            when 2 connected from 60002
            when 2 says 60002
            send 2 60002
            after 100
            close 2
            done
            """)
    }

    @Test("messages of different sessions may come in any order")
    func anyOrder() throws {
        try Playbook.play(
            """
            \(Self.openings)
            {"t":1,"s":1,"from":"client","value":"all"}
            {"t":1,"s":1,"from":"server","value":"a"}
            {"t":1,"s":2,"from":"server","value":"b"}
            {"t":3,"s":2,"from":"client","value":"end"}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 connected
            after 10
            send 1 "all"
            when 2 says "b"
            when 1 says "a"
            send 2 "end"
            after 100
            close 1
            close 2
            done
            """)
    }

    @Test("the client's port is replaced where it stands for itself, in both directions and in other sessions")
    func ports() throws {
        try Playbook.play(
            """
            \(Self.openings)
            {"t":1,"s":1,"from":"server","value":{"id":50001}}
            {"t":1,"s":2,"from":"server","value":{"id":"user-50002","was":[50001, 50001.5, -50001, 150001, "x50001"]}}
            {"t":2,"s":1,"from":"client","value":{"to":"50002","near":"\\n50002\\u0020","id":50001}}
            {"t":2,"s":2,"from":"server","value":"from 127.0.0.1:50001"}
            """,
            """
            connect 1
            when 1 connected from 50002
            connect 2
            when 2 connected from 50001
            when 1 says {"id":50002}
            when 2 says {"id":"user-50001","was":[50002, 50001.5, -50001, 150001, "x50001"]}
            send 1 {"to":"50001","near":"\\n50001\\u0020","id":50002}
            when 2 says "from 127.0.0.1:50002"
            after 100
            close 1
            close 2
            done
            """)
    }

    @Test("the wrong port in an answer is a difference, also the recorded one")
    func wrongPort() throws {
        for wrong in [50_001, 60_002] {
            try Playbook.play(
                """
                {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
                {"t":1,"s":1,"from":"server","value":{"id":50001}}
                """,
                """
                connect 1
                when 1 connected from 60001
                when 1 says {"id":\(wrong)}
                after 100
                close 1
                done
                found 1 value $.id: 60001, now \(wrong)
                """)
        }
    }

    @Test("the relay's own port is what the server saw")
    func via() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"1.2.3.4:50001","to":"127.0.0.1:9","via":"127.0.0.1:55555"}}
            {"t":1,"s":1,"from":"server","value":[50001,55555]}
            """,
            """
            connect 1
            when 1 connected from 60001
            when 1 says [50001,60001]
            after 100
            close 1
            done
            """)
    }

    @Test("the client's port is found in a pickle")
    func pickle() throws {
        try Playbook.play(
            """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"server","value":{"clientid":50001}}
            {"t":2,"s":1,"from":"client","value":{"$tuple":["50001",50001]}}
            """, as: "pickle/stream",
            """
            connect 1
            when 1 connected from 60001
            when 1 says {"clientid":60001}
            send 1 {"$tuple":["60001",60001]}
            after 100
            close 1
            done
            """)
    }

    @Test("chunks are compared as the bytes of a turn, in whatever pieces they come")
    func chunks() throws {
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"client","text":"go"}
            {"t":2,"s":1,"from":"server","text":"abc"}
            {"t":2,"s":1,"from":"server","text":"def"}
            {"t":3,"s":1,"from":"client","text":"stop"}
            """
        try Playbook.play(
            recording, as: "raw/chunks",
            """
            connect 1
            when 1 connected
            send 1 go
            when 1 says a
            when 1 says bcde
            when 1 says f
            send 1 stop
            after 100
            close 1
            done
            """)
        try Playbook.play(
            recording, as: "raw/chunks",
            """
            connect 1
            when 1 connected
            send 1 go
            when 1 says abcd
            when 1 says xf
            close 1
            done
            found 1 value bytes[0]: b"ef", now b"xf"
            not reached 1
            """)
    }

    @Test("deeds of different sessions that nothing else orders keep their distance up to pause, and a safe one")
    func pauses() throws {
        var options = ReplayOptions()
        options.settle = .zero
        try Playbook.play(
            """
            \(Self.openings)
            {"t":0.006,"s":1,"from":"client","value":1}
            {"t":0.007,"s":1,"from":"client","value":2}
            {"t":0.008,"s":2,"from":"client","value":3}
            {"t":9,"s":1,"from":"client","value":4}
            {"t":10,"s":1,"from":"client","value":5}
            """, options: options, showingWakes: true,
            """
            connect 1
            wake in 5000.0
            when 1 connected
            connect 2
            wake in 5000.0
            when 2 connected
            wake in 6.0
            after 6
            send 1 1
            send 1 2
            wake in 5.0
            after 1
            wake in 4.0
            after 4
            send 2 3
            wake in 10.0
            after 10
            send 1 4
            send 1 5
            close 1
            close 2
            done
            """)
    }
}
