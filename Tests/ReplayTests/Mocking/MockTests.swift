import Recorder
import Replay
import TestSupport
import Testing

@Suite("A mock")
struct MockTests {
    // MARK: What is answered

    @Test("answers by content in any order, with all that followed the message, and ends where the server did")
    func exchanges() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"server","value":"hello"}
            {"s":1,"from":"client","value":{"a":1,"b":[2]}}
            {"s":1,"from":"server","value":1}
            {"s":1,"from":"server","value":2}
            {"s":1,"from":"client","value":"silence"}
            {"s":1,"from":"client","value":"bye"}
            {"s":1,"from":"server","value":"bye"}
            {"s":1,"eof":"server"}
            {"s":1,"close":"clean"}
            {"s":2,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":2,"from":"client","value":"break"}
            {"s":2,"close":"reset","by":"server"}
            """#)
        #expect(mock.open(1) == ["\"hello\""])
        #expect(try mock.say(1, "\"silence\"") == [])
        #expect(try mock.say(1, #"{ "b": [2], "a": 1 }"#) == ["1", "2"])
        #expect(try mock.say(1, #""\u0062ye""#) == ["\"bye\"", "FIN"])
        #expect(mock.open(2) == [])
        #expect(try mock.say(2, "\"break\"") == ["RST"])
        let report = mock.mock.report
        #expect(report.answered == 4 && report.exchanges == 4 && report.unused == 0 && report.unmatched == 0)
    }

    private static let counters = #"""
        {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
        {"s":1,"from":"client","value":"next"}
        {"s":1,"from":"server","value":1}
        {"s":1,"from":"client","value":"next"}
        {"s":1,"from":"server","value":2}
        {"s":2,"open":{"port":7000,"peer":"127.0.0.1:2"}}
        {"s":2,"from":"client","value":"next"}
        {"s":2,"from":"server","value":3}
        """#

    @Test("gives the answers of a repeated message in their order, those of the client's own session first")
    func order() throws {
        let mock = try MockConversation(Self.counters)
        _ = mock.open(1)
        _ = mock.open(2)
        #expect(try mock.say(2, "\"next\"") == ["3"])
        #expect(try mock.say(1, "\"next\"") == ["1"])
        #expect(try mock.say(1, "\"next\"") == ["2"])
        // All are used: the last of the session again.
        #expect(try mock.say(1, "\"next\"") == ["2"])
        // The next client plays the first session again.
        _ = mock.open(3)
        #expect(try mock.say(3, "\"next\"") == ["1"])
        #expect(try mock.say(2, "\"next\"") == ["3"])
    }

    @Test("lets a client play the session that its first message is of, if none was greeted otherwise")
    func anotherSession() throws {
        let events = #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1111"}}
            {"s":1,"from":"server","value":{"clientid":1111}}
            {"s":2,"open":{"port":7000,"peer":"127.0.0.1:2222"}}
            {"s":2,"from":"server","value":{"clientid":2222}}
            {"s":1,"from":"client","value":"Ada"}
            {"s":2,"from":"client","value":"Ben"}
            {"s":1,"from":"client","value":"more"}
            {"s":1,"from":"server","value":"of 1111"}
            {"s":2,"from":"client","value":"more"}
            {"s":2,"from":"server","value":"of 2222"}
            """#
        let mock = try MockConversation(events)
        #expect(mock.open(1, "127.0.0.1:5001") == [#"{"clientid":5001}"#])
        #expect(mock.open(2, "127.0.0.1:5002") == [#"{"clientid":5002}"#])
        mock.close(2)
        #expect(try mock.say(1, "\"Ben\"") == [])
        #expect(try mock.say(1, "\"more\"") == ["\"of 5001\""])
        #expect(mock.open(3, "127.0.0.1:5003") == [#"{"clientid":5003}"#])
        #expect(try mock.say(3, "\"Ada\"") == [])
        #expect(try mock.say(3, "\"more\"") == ["\"of 5003\""])
        #expect(mock.mock.report.unused == 0)
    }

    @Test("tells clients that come at the same time apart by what they say first")
    func atTheSameTime() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:41111"}}
            {"s":2,"open":{"port":7000,"peer":"127.0.0.1:42222"}}
            {"s":1,"from":"client","value":"Ada"}
            {"s":1,"from":"server","value":"port 41111"}
            {"s":2,"from":"client","value":"Ben"}
            {"s":2,"from":"server","value":"with 41111"}
            """#)
        _ = mock.open(2, "127.0.0.1:52222")
        _ = mock.open(1, "127.0.0.1:51111")
        #expect(try mock.say(1, "\"Ada\"") == ["\"port 51111\""])
        #expect(try mock.say(2, "\"Ben\"") == ["\"with 51111\""])
    }

    @Test("says at a client's end what was said then, if that was the session's end as well")
    func endOfStream() throws {
        let events = #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":"a"}
            {"s":1,"from":"client","value":"b"}
            {"s":1,"eof":"client"}
            {"s":1,"from":"server","value":"both"}
            {"s":1,"close":"clean"}
            """#
        let mock = try MockConversation(events)
        _ = mock.open(1)
        #expect(try mock.say(1, "\"a\"") + mock.say(1, "\"b\"") == [])
        #expect(mock.finish(1) == ["\"both\""])
        _ = mock.open(2)
        #expect(try mock.say(2, "\"a\"") == [])
        #expect(mock.finish(2) == [])
    }

    // MARK: What is the client's

    @Test("puts this client's identifiers where the recorded client's were, everywhere in its session")
    func identifiers() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":{"id": 7777, "q": "x"}}
            {"s":1,"from":"server","value":{"id": 7777, "r": 1, "log": "job-7777 begun", "by": "server-5555"}}
            {"s":1,"from":"client","value":{"cancel": "job-7777"}}
            {"s":1,"from":"server","value":["gone", 7777]}
            """#)
        _ = mock.open(1)
        #expect(
            try mock.say(1, #"{"id": 8123, "q": "x"}"#) == [
                #"{"id": 8123, "r": 1, "log": "job-8123 begun", "by": "server-5555"}"#
            ])
        #expect(try mock.say(1, #"{"cancel": "job-8123"}"#) == [#"["gone", 8123]"#])
        // Another client at the same time has its own.
        _ = mock.open(2)
        #expect(try mock.say(2, #"{"id": 9123, "q": "x"}"#)[0].hasPrefix(#"{"id": 9123, "r": 1, "log": "job-9123"#))
        #expect(try mock.say(1, #"{"cancel": "job-8123"}"#) == [#"["gone", 8123]"#])
        #expect(try mock.say(2, #"{"id": 9123, "q": "y"}"#)[0].hasPrefix("?"))
    }

    @Test("gives back sequence numbers, however small; what is asked for by number is another question")
    func sequence() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":{"id":1,"get":"time"}}
            {"s":1,"from":"server","value":{"id":1,"time":10}}
            {"s":1,"from":"client","value":{"id":2,"get":"user","user":5}}
            {"s":1,"from":"server","value":{"id":2,"user":5,"name":"Ben"}}
            {"s":1,"from":"client","value":{"id":3,"get":"user","user":9}}
            {"s":1,"from":"server","value":{"id":3,"user":9,"name":"Ada"}}
            """#)
        _ = mock.open(1)
        #expect(try mock.say(1, #"{"id":41,"get":"user","user":9}"#) == [#"{"id":41,"user":9,"name":"Ada"}"#])
        #expect(try mock.say(1, #"{"id":42,"get":"time"}"#) == [#"{"id":42,"time":10}"#])
        #expect(try mock.say(1, #"{"id":43,"get":"user","user":6}"#)[0].contains("differs at $.user: expected"))
        #expect(try mock.say(1, #"{"id":"2","get":"time"}"#)[0].hasPrefix("?"))
    }

    @Test("tells one client what another one made up, and its port")
    func otherClients() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:41111"}}
            {"s":2,"open":{"port":7000,"peer":"127.0.0.1:42222"}}
            {"s":1,"from":"client","value":{"room": "room-8f3a77c1"}}
            {"s":1,"from":"server","value":"made room-8f3a77c1"}
            {"s":2,"from":"client","value":"list"}
            {"s":2,"from":"server","value":{"rooms": ["room-8f3a77c1"], "by": 41111}}
            {"s":2,"from":"client","value":{"join": "room-8f3a77c1", "of": 41111}}
            {"s":2,"from":"server","value":"joined 42222"}
            """#)
        _ = mock.open(1, "127.0.0.1:51111")
        _ = mock.open(2, "127.0.0.1:52222")
        #expect(try mock.say(1, #"{"room": "room-0123abcd"}"#) == ["\"made room-0123abcd\""])
        #expect(try mock.say(2, "\"list\"") == [#"{"rooms": ["room-0123abcd"], "by": 51111}"#])
        #expect(try mock.say(2, #"{"join": "room-0123abcd", "of": 51111}"#) == ["\"joined 52222\""])
        #expect(try mock.say(2, #"{"join": "room-0123abcd", "of": 59999}"#)[0].hasPrefix("?"))
    }

    @Test("leaves what the server made up as it was, and knows it when it comes back")
    func serversOwn() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":"login"}
            {"s":1,"from":"server","value":{"token": "tok-83af01bc"}}
            {"s":1,"from":"client","value":{"token": "tok-83af01bc"}}
            {"s":1,"from":"server","value":"in"}
            """#)
        _ = mock.open(1)
        #expect(try mock.say(1, "\"login\"") == [#"{"token": "tok-83af01bc"}"#])
        #expect(try mock.say(1, #"{"token": "tok-83af01bd"}"#)[0].contains("tok-83af01bd"))
        #expect(try mock.say(1, #"{"token": "tok-83af01bc"}"#) == ["\"in\""])
    }

    // MARK: Rules

    @Test("lets clients say otherwise what rules allow, of options and of the header")
    func rules() throws {
        let events = #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":{"at":"10:00","do":"a","tags":["x","y"],"who":"Ada"}}
            {"s":1,"from":"server","value":"done"}
            """#
        let said = #"{"do":"a","tags":["y","x"],"who":"Ben"}"#
        let strictly = try MockConversation(events)
        _ = strictly.open(1)
        #expect(try strictly.say(1, said)[0].hasPrefix("?"))
        let mock = try MockConversation(
            events, rules: ["from=client $.at ignore", "$.tags unordered"],
            headerRules: #"[{"path":"$.who","type":true}]"#)
        _ = mock.open(1)
        #expect(try mock.say(1, said) == ["\"done\""])
        #expect(try mock.say(1, #"{"do":"b","tags":["y","x"],"who":"Ben"}"#)[0].contains("$.do"))
        let without = try MockConversation(
            events, rules: ["from=client $.at ignore", "$.tags unordered"],
            headerRules: #"[{"path":"$.who","type":true}]"#
        ) { $0.ignoresHeaderRules = true }
        _ = without.open(1)
        #expect(try without.say(1, said)[0].contains("$.who"))
        let ofTheServer = try MockConversation(events, rules: ["from=server $.at ignore"])
        _ = ofTheServer.open(1)
        #expect(try ofTheServer.say(1, #"{"at":"11:00","do":"a","tags":["x","y"],"who":"Ada"}"#)[0].contains("$.at"))
    }

    // MARK: Strict

    @Test("that is strict takes the messages of a session in their order only, and each session once")
    func strict() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":"a"}
            {"s":1,"from":"server","value":1}
            {"s":1,"from":"client","value":"b"}
            {"s":1,"from":"server","value":2}
            {"s":2,"open":{"port":7000,"peer":"127.0.0.1:2"}}
            {"s":2,"from":"client","value":"c"}
            {"s":2,"from":"server","value":3}
            """#
        ) { $0.isStrict = true }
        _ = mock.open(1)
        // Its first message says which session it is.
        #expect(try mock.say(1, "\"c\"") == ["3"])
        #expect(try mock.say(1, "\"c\"") == ["? the recorded session has nothing more that its client said"])
        _ = mock.open(2)
        #expect(try mock.say(2, "\"b\"")[0].contains("the message that stands next, in line 3"))
        #expect(try mock.say(2, "\"a\"") == ["1"])
        #expect(try mock.say(2, "\"b\"") == ["2"])
        _ = mock.open(3)
        #expect(try mock.say(3, "\"a\"")[0].hasPrefix("?"))
        #expect(mock.mock.report.unmatched == 3)
    }

    // MARK: What is told

    @Test(
        "tells of a message that was not recorded, with the nearest one and what differs, and of what nobody asked for")
    func told() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":{"do":"add","to":{"list":[1,2]}}}
            {"s":1,"from":"server","value":1}
            {"s":1,"from":"client","value":"something else"}
            """#)
        _ = mock.open(1)
        #expect(
            try mock.say(1, #"{"do":"add","to":{"list":[1,3]}}"#) == [
                #"? ; the nearest, in line 3: {"do":"add","to":{"list":[1,2]}}; it differs at $.to.list[1]: expected 2, actual 3"#
            ])
        let report = mock.mock.report
        #expect(report.unmatched == 1 && report.unused == 2)
        let text = MockReportText(usesColour: false).text(report)
        #expect(
            text.contains(
                "FAIL  1 client, 0 messages answered, 1 that no recorded one is like, 2 of 2 recorded requests"))
        #expect(text.contains("✗ $.to.list[1]\n          - 2\n          + 3\n"), "\(text)")
        #expect(text.contains(":5  session 1  → \"something else\""), "\(text)")
    }

    // MARK: Without messages

    @Test("knows a turn of raw/chunks in whatever pieces it comes")
    func chunks() throws {
        let mock = try MockConversation(
            #"""
            {"s":1,"open":{"port":7001,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","text":"GE"}
            {"s":1,"from":"client","text":"T 1"}
            {"s":1,"from":"server","text":"one"}
            {"s":1,"from":"client","text":"QUIT"}
            {"s":1,"from":"server","text":"bye"}
            """#, codec: "raw/chunks")
        _ = mock.open(1)
        #expect(try mock.say(1, "G") == ["…"])
        #expect(try mock.say(1, "ET ") == ["…"])
        #expect(try mock.say(1, "1") == ["one"])
        #expect(try mock.say(1, "QUX")[0].hasPrefix("?"))
        #expect(try mock.say(1, "QUIT") == ["bye"])
    }

    // MARK: Limits

    @Test("keeps so many bytes of messages and no more")
    func limit() throws {
        let events = #"""
            {"s":1,"open":{"port":7000,"peer":"127.0.0.1:1"}}
            {"s":1,"from":"client","value":"0123456789"}
            """#
        // 256 for each exchange, and the text.
        let bytes = 2 * 256 + 12
        _ = try MockConversation(events) { $0.maximumBytes = bytes }
        #expect { try MockConversation(events) { $0.maximumBytes = bytes - 1 } } throws: {
            "\($0)".contains("a.tape.jsonl:3: up to here there are more than 0 MiB of messages")
        }
    }

    @Test("is refused for a codec that the recording does not speak")
    func foreign() throws {
        #expect { try MockConversation(Self.counters, codec: "pickle/stream") } throws: {
            "\($0)".hasSuffix("holds no session in pickle/stream; its ports speak json/lines")
        }
    }
}
