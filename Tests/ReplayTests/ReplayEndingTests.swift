import Testing

@testable import Replay

@Suite("How sessions end in a replay")
struct ReplayEndingTests {
    private static let opening = #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#

    @Test("after a half-close the recorded answers are still awaited and compared, and nothing more")
    func halfClose() throws {
        let recording = """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.1,"s":1,"from":"client","value":2}
            {"t":0.1,"s":1,"eof":"client"}
            {"t":0.2,"s":1,"from":"server","value":"one"}
            {"t":0.2,"s":1,"from":"server","value":"two"}
            {"t":0.3,"s":1,"close":"clean"}
            """
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            send 1 2
            finish 1
            when 1 says "one"
            when 1 says "two"
            when 1 says "three"
            when 1 ends
            close 1
            done
            """)
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            send 1 2
            finish 1
            when 1 says "one"
            when 1 ends
            close 1
            done
            found 1 missing "two": the server ended the connection
            """)
    }

    @Test("answers that come before a half-close are compared with those recorded behind it; others are too many")
    func quickAnswers() throws {
        let recording = """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.15,"s":1,"eof":"client"}
            {"t":0.2,"s":1,"from":"server","value":"one"}
            {"t":0.3,"s":1,"close":"clean"}
            """
        let script = { (answers: [String]) in
            (["connect 1", "when 1 connected", "send 1 1"] + answers.map { "when 1 says \"\($0)\"" }
                + ["after 100", "finish 1", "when 1 ends", "close 1", "done"]).joined(separator: "\n")
        }
        try Playbook.play(recording, script(["one"]))
        try Playbook.play(recording, script(["one", "more"]) + "\nfound 1 extra \"more\"")
    }

    @Test("a server that ends first as recorded is no difference")
    func serverFirst() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"bye"}
            {"t":0.2,"s":1,"eof":"server"}
            {"t":0.3,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected
            when 1 says "bye"
            after 4999
            when 1 ends
            close 1
            done
            """)
    }

    @Test("a server that stays open where it ended is a difference after the timeout")
    func staysOpen() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"eof":"server"}
            {"t":0.3,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected
            after 5000
            close 1
            done
            found 1 ending: the server ends the connection, now it stays open
            """)
    }

    @Test("what comes in place of the server's end is too much")
    func extraBeforeEnd() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"eof":"server"}
            {"t":0.3,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected
            when 1 says "wait"
            when 1 ends
            close 1
            done
            found 1 extra "wait"
            """)
    }

    @Test("a server that said it had no more to send still reads, as recorded")
    func serverHalfClose() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"eof":"server"}
            {"t":0.3,"s":1,"from":"client","value":"thanks"}
            {"t":0.4,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected
            when 1 ends
            send 1 "thanks"
            close 1
            done
            """)
    }

    @Test("a server that ends before it took a message is a difference, and the rest is not reached")
    func endsEarly() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"hi"}
            {"t":0.3,"s":1,"from":"client","value":1}
            {"t":0.4,"s":1,"from":"server","value":"one"}
            """,
            """
            connect 1
            when 1 connected
            when 1 ends
            close 1
            done
            found 1 missing "hi": the server ended the connection
            not reached 2
            """)
    }

    @Test("which of two ends close to each other came first does not matter; else it does")
    func overtakenEnd() throws {
        func recording(_ close: Double) -> String {
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"hi"}
            {"t":0.2,"s":1,"eof":"client"}
            {"t":\(close),"s":1,"close":"clean"}
            """
        }
        let late = """
            connect 1
            when 1 connected
            when 1 says "hi"
            after 10
            when 1 ends
            after 90
            finish 1
            close 1
            done
            """
        try Playbook.play(recording(0.25), late)
        try Playbook.play(
            recording(2),
            late + "\nfound 1 ending: the client ends the connection first, now the server ended it before")
    }

    @Test("a reset by the server is compared with an end")
    func serverResets() throws {
        let recording = """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.2,"s":1,"close":"reset","by":"server"}
            """
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            after 100
            when 1 resets
            close 1
            done
            """)
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            when 1 ends
            close 1
            done
            found 1 ending: the server resets the connection, now it ends the connection
            """)
    }

    @Test(
        "a server that closed for a reason of its own may reset the connection or end it",
        arguments: ["timeout", "limit", "error"], ["ends", "resets"])
    func serverGivesUp(manner: String, end: String) throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"close":"\(manner)","by":"server"}
            """,
            """
            connect 1
            when 1 connected
            when 1 \(end)
            close 1
            done
            """)
    }

    @Test("a reset by the client is done again")
    func clientResets() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"hi"}
            {"t":0.2,"s":1,"close":"reset","by":"client"}
            """,
            """
            connect 1
            when 1 connected
            when 1 says "hi"
            after 99
            after 1
            abort 1
            close 1
            done
            """)
    }

    @Test("a client that left inside a large answer leaves again, and does not wait for the answer")
    func leavesInside() throws {
        for way in [#""close":"reset","by":"client""#, #""close":"shutdown""#] {
            let ending = way.contains("reset") ? "abort 1\nclose 1" : "close 1"
            try Playbook.play(
                """
                \(Self.opening)
                {"t":0.1,"s":1,"from":"client","value":1}
                {"t":0.15,"s":1,"from":"server","base64":"WzEsMiwz","partial":true}
                {"t":0.2,"s":1,\(way)}
                """,
                """
                connect 1
                when 1 connected
                send 1 1
                when 1 says [1,2,3,4]
                after 99
                after 1
                \(ending)
                done
                """)
        }
    }

    @Test("while a client is about to leave inside an answer, nobody else waits for that answer")
    func leavesOthersAlone() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.1,"s":1,"eof":"client"}
            {"t":0.15,"s":1,"from":"server","base64":"WzEsMiwz","partial":true}
            {"t":0.16,"s":2,"from":"client","value":2}
            {"t":0.2,"s":1,"close":"reset","by":"client"}
            {"t":0.3,"s":2,"from":"server","value":"two"}
            {"t":9,"s":2,"close":"shutdown"}
            """,
            """
            connect 1
            when 1 connected
            connect 2
            when 2 connected
            after 10
            send 1 1
            finish 1
            after 10
            send 2 2
            abort 1
            close 1
            when 2 says "two"
            after 100
            close 2
            done
            """)
    }

    @Test("a server that ended inside a message is to do so again")
    func brokenOff() throws {
        let recording = """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"client","value":1}
            {"t":0.15,"s":1,"from":"server","base64":"WzEsMiwz","partial":true}
            {"t":0.15,"s":1,"eof":"server"}
            {"t":0.2,"s":1,"close":"clean"}
            """
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            when 1 breaks [1,2,3
            close 1
            done
            """)
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            send 1 1
            when 1 ends
            close 1
            done
            found 1 missing "WzEsMiwz": the server ended the connection
            """)
    }

    @Test("what a server pushed to a client that had gone is not awaited")
    func unheard() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"tick"}
            {"t":0.2,"s":1,"eof":"client"}
            {"t":0.3,"s":1,"from":"server","value":"tick"}
            {"t":0.4,"s":1,"close":"reset","by":"client"}
            """,
            """
            connect 1
            when 1 connected
            when 1 says "tick"
            after 100
            finish 1
            abort 1
            close 1
            done
            """)
    }

    @Test("where the recorder was stopped the client ends the session, unless the server did before")
    func shutdown() throws {
        let recording = """
            \(Self.opening)
            {"t":0.1,"s":1,"from":"server","value":"hi"}
            {"t":9.2,"s":1,"close":"shutdown"}
            """
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            when 1 says "hi"
            after 100
            close 1
            done
            """)
        try Playbook.play(
            recording,
            """
            connect 1
            when 1 connected
            when 1 says "hi"
            when 1 ends
            after 100
            close 1
            done
            found 1 ending: the connection stays open, now the server ends it
            """)
    }

    @Test("a server that lingers after the client's end is left behind after a second, without a word")
    func lingers() throws {
        try Playbook.play(
            """
            \(Self.opening)
            {"t":0.2,"s":1,"eof":"client"}
            {"t":0.3,"s":1,"close":"clean"}
            """,
            """
            connect 1
            when 1 connected
            after 100
            finish 1
            after 999
            after 1
            close 1
            done
            """)
    }
}
