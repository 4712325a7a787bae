import Codecs
import Testing

@testable import Replay

@Suite("What a server makes up is followed")
struct CorrelationTests {
    private static let opening = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
        """

    /// Plays an exchange between two clients and a server; each line is a session, who speaks, and what.
    private static func play(
        _ exchange: [(session: Int, from: String, recorded: String, now: String)], as codec: String = "json/lines",
        form: String = "value", heldAfter held: Int? = nil, finding found: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var recording = opening
        var script = "connect 1\nwhen 1 connected\nconnect 2\nwhen 2 connected\n"
        for (number, step) in exchange.enumerated() {
            recording +=
                "\n"
                + #"{"t":\#(number + 1),"s":\#(step.session),"from":"\#(step.from)","\#(form)":\#(step.recorded)}"#
            let isText = form == "text"
            let now = isText ? String(step.now.dropFirst().dropLast()) : step.now
            // A message that differs is held for a moment: it may only be one too many.
            if let held, number == held + 1 { script += "after 100\n" }
            script += step.from == "client" ? "send \(step.session) \(now)\n" : "when \(step.session) says \(now)\n"
        }
        script += "after 100\nclose 1\nclose 2\ndone\n" + found.map { $0 + "\n" }.joined()
        try Playbook.play(recording, as: codec, script, sourceLocation: sourceLocation)
    }

    @Test("a number comes back as a number, as its text, inside longer texts, and in another session")
    func numbers() throws {
        try Self.play([
            (1, "server", #"{"room":48213,"left":3}"#, #"{"room":51544,"left":3}"#),
            (1, "client", #"{"join":48213}"#, #"{"join":51544}"#),
            (1, "server", #""you are in room 48213""#, #""you are in room 51544""#),
            (2, "client", #"{"join":"48213","at":"/rooms/48213/x"}"#, #"{"join":"51544","at":"/rooms/51544/x"}"#),
            (2, "server", #"["48213",48213]"#, #"["51544",51544]"#),
        ])
    }

    @Test("a token, a UUID and a ticket with a joint are followed as a whole")
    func tokens() throws {
        try Self.play([
            (
                1, "server", #"{"t":"9f86d081aa","u":"3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c","k":"1795397112-0"}"#,
                #"{"t":"00c0ffee11","u":"dddddddd-dead-4bee-8f10-aaaaaaaaaaaa","k":"1795399999-1"}"#
            ),
            (2, "client", #"["9f86d081aa","1795397112-0"]"#, #"["00c0ffee11","1795399999-1"]"#),
            (
                2, "client", #"{"key":"3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c"}"#,
                #"{"key":"dddddddd-dead-4bee-8f10-aaaaaaaaaaaa"}"#
            ),
        ])
    }

    @Test("once bound, any other value is a difference, the recorded one too")
    func wrongLater() throws {
        try Self.play(
            [
                (1, "server", #"{"id":48213}"#, #"{"id":51544}"#),
                (1, "client", #"{"get":48213}"#, #"{"get":51544}"#),
                (1, "server", #"{"got":48213}"#, #"{"got":48213}"#),
            ], finding: ["found 1 value $.got: 51544, now 48213"])
    }

    @Test("one that stayed the same at first must stay the same")
    func sameAtFirst() throws {
        try Self.play(
            [
                (1, "server", #"{"id":48213}"#, #"{"id":48213}"#),
                (1, "client", #"{"get":48213}"#, #"{"get":48213}"#),
                (1, "server", #"{"got":48213}"#, #"{"got":51544}"#),
            ], finding: ["found 1 value $.got: 48213, now 51544"])
    }

    @Test("within one message an identifier must be the same everywhere")
    func inconsistent() throws {
        try Self.play(
            [
                (1, "server", #"{"id":48213,"again":48213}"#, #"{"id":51544,"again":51545}"#),
                (1, "client", #"{"get":48213}"#, #"{"get":51544}"#),
            ], heldAfter: 0, finding: ["found 1 value $.again: 48213, now 51545"])
    }

    @Test("what no client sends back, and what a client sent first, is compared as it stands")
    func notReturned() throws {
        try Self.play(
            [
                (2, "client", #"{"set":70001}"#, #"{"set":70001}"#),
                (2, "server", #"{"set":70001,"etag":48213}"#, #"{"set":70002,"etag":48214}"#),
                (2, "client", #"{"get":70001}"#, #"{"get":70001}"#),
            ], heldAfter: 1,
            finding: ["found 2 value $.set: 70001, now 70002", "found 2 value $.etag: 48213, now 48214"])
    }

    @Test("words, small numbers, booleans, fractions and signs are compared as they stand though they come back")
    func plainValues() throws {
        try Self.play(
            [
                (
                    1, "server", #"{"state":"running","n":999,"ok":true,"sum":1042.5,"low":-48213}"#,
                    #"{"state":"stopped","n":998,"ok":false,"sum":1043.5,"low":-48214}"#
                ),
                (
                    1, "client", #"{"state":"running","n":999,"ok":true,"sum":1042.5,"low":-48213}"#,
                    #"{"state":"running","n":999,"ok":true,"sum":1042.5,"low":-48213}"#
                ),
            ],
            heldAfter: 0,
            finding: [
                #"found 1 value $.state: "running", now "stopped""#, "found 1 value $.n: 999, now 998",
                "found 1 value $.ok: true, now false", "found 1 value $.sum: 1042.5, now 1043.5",
                "found 1 value $.low: -48213, now -48214",
            ])
    }

    @Test("an identifier of another kind or shape is a difference")
    func otherShape() throws {
        try Self.play(
            [
                (1, "server", #"{"id":48213,"key":"order-70001"}"#, #"{"id":"51544","key":"offer-70002"}"#),
                (1, "client", #"[48213,"order-70001"]"#, #"[48213,"order-70001"]"#),
            ],
            heldAfter: 0,
            finding: [
                #"found 1 value $.id: 48213, now "51544""#, #"found 1 value $.key: "order-70001", now "offer-70002""#,
            ])
    }

    @Test("identifiers are followed as keys, in lists that were put together anew, and among others in a text")
    func places() throws {
        try Self.play([
            (1, "server", #"{"seats":{"48213":3}}"#, #"{"seats":{"51544":3}}"#),
            (1, "server", #"[{"id":60001},{"id":60002}]"#, #"[{"id":71001},{"id":71002}]"#),
            (1, "server", #""1) room 48213 2) room 60001""#, #""1) room 51544 2) room 71001""#),
            (1, "client", #"[48213,60001,60002]"#, #"[51544,71001,71002]"#),
        ])
    }

    @Test("the words around an identifier must be the same")
    func wordsAround() throws {
        try Self.play(
            [
                (1, "server", #""room 48213 is open""#, #""room 51544 is shut""#),
                (1, "client", #"{"join":48213}"#, #"{"join":48213}"#),
            ], heldAfter: 0, finding: [#"found 1 value $: "room 48213 is open", now "room 51544 is shut""#])
    }

    @Test("identifiers are followed in pickles: numbers beyond 53 bits, bytes, and keys")
    func pickles() throws {
        try Self.play(
            [
                (
                    1, "server",
                    #"{"$dict":[[48213,{"$int":"12345678901234567890123"}],["k",{"$b64":"AAECAwQFBgf/"}]]}"#,
                    #"{"$dict":[[51544,{"$int":"98765432109876543210987"}],["k",{"$b64":"/wcGBQQDAgEA"}]]}"#
                ),
                (
                    2, "client", #"[48213,{"$int":"12345678901234567890123"},{"$b64":"AAECAwQFBgf/"}]"#,
                    #"[51544,{"$int":"98765432109876543210987"},{"$b64":"/wcGBQQDAgEA"}]"#
                ),
            ], as: "pickle")
    }

    @Test("identifiers are followed in lines of text")
    func rawText() throws {
        try Self.play(
            [
                (1, "server", #""+OK 1795397112.48213@mail ready""#, #""+OK 1795399999.51544@mail ready""#),
                (1, "client", #""APOP 1795397112.48213@mail""#, #""APOP 1795399999.51544@mail""#),
            ], as: "raw/lines", form: "text")
    }

    /// The base64 form of bytes in hexadecimal.
    private static func form(_ hex: String) throws -> String {
        let digits = Array(hex.filter { $0 != " " })
        let bytes = try stride(from: 0, to: digits.count, by: 2).map { start in
            try #require(UInt8(String(digits[start...start + 1]), radix: 16))
        }
        return "\"" + Base64.encode(bytes) + "\""
    }

    /// The recorded and the present server message, what clients send, and the message after that.
    private static func playBinary(_ issued: String, _ now: String, sent: String, asNow sentNow: String) throws
        -> [String]
    {
        let recording = """
            \(opening)
            {"t":1,"s":2,"from":"server","base64":\(try form(issued))}
            {"t":2,"s":2,"from":"client","base64":\(try form(sent))}
            """
        var machine = try Playbook.machine("raw/u32be", recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 0)
        _ = try machine.handle(.connected(session: 2, localPort: 60_002), at: 0)
        let text = try form(now)
        let payload = try #require(BinaryIdentifiers.bytes(ofForm: Array(text.utf8)))
        var actions = try machine.handle(
            .received(session: 2, ActualMessage(payload: payload, wire: [0, 0, 0, UInt8(payload.count)] + payload)),
            at: 1)
        actions += try machine.handle(.wake, at: 200_000)
        let wanted = try #require(BinaryIdentifiers.bytes(ofForm: Array(try form(sentNow).utf8)))
        for case .send(_, let bytes) in actions { #expect(Array(bytes.dropFirst(4)) == wanted) }
        return machine.findings.differences.map { "\($0.kind)" }
    }

    @Test("eight bytes of a binary message that come back are followed")
    func binary() throws {
        let differences = try Self.playBinary(
            "01000000 0011aa22bb33cc44 00000000", "01000000 99ee88dd77cc66bb 00000000",
            sent: "02000000 0011aa22bb33cc44", asNow: "02000000 99ee88dd77cc66bb")
        #expect(differences.isEmpty)
    }

    @Test("what does not come back in a binary message is a difference, beside what does")
    func binaryDifference() throws {
        let differences = try Self.playBinary(
            "01000000 0011aa22bb33cc44 00000007", "01000000 99ee88dd77cc66bb 00000008",
            sent: "02000000 0011aa22bb33cc44", asNow: "02000000 0011aa22bb33cc44")
        #expect(differences.count == 1)
    }

    @Test("the server's port and address are followed once an answer shows them, and may be plain numbers before")
    func transport() throws {
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"10.1.1.1:50001"}}
            {"t":1,"s":1,"from":"server","value":{"price":7000,"at":"127.0.0.1:7000","you":"10.1.1.1"}}
            {"t":2,"s":1,"from":"client","value":{"to":7000,"me":"10.1.1.1"}}
            """
        for (answer, sent) in [
            (
                #"{"price":7000,"at":"127.0.0.1:9000","you":"127.0.0.1"}"#, #"{"to":9000,"me":"127.0.0.1"}"#
            ),
            (#"{"price":7000,"at":"127.0.0.1:7000","you":"10.1.1.1"}"#, #"{"to":7000,"me":"10.1.1.1"}"#),
        ] {
            var machine = try Playbook.machine("json/lines", recording)
            _ = try machine.start(at: 0)
            let hosts = ReplayMachine.TransportHosts(local: "127.0.0.1", remote: "127.0.0.1", remotePort: 9_000)
            _ = try machine.handle(.connected(session: 1, localPort: 60_001, hosts: hosts), at: 0)
            let payload = Array(answer.utf8)
            let actions = try machine.handle(
                .received(session: 1, ActualMessage(payload: payload, wire: payload + [10])), at: 1)
            #expect(machine.findings.differences.isEmpty, "\(machine.findings.differences)")
            #expect(actions.contains(.send(session: 1, Array(sent.utf8) + [10])), "\(actions)")
        }
    }

    @Test("addresses may become one, and the recorded one does not stand beside the present one")
    func hosts() throws {
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"10.1.1.1:50001"}}
            {"t":0,"s":2,"open":{"port":7000,"peer":"10.1.1.2:50002"}}
            {"t":1,"s":1,"from":"server","value":["10.1.1.1:50001","10.1.1.2:50002","10.1.1.1"]}
            """
        for (answer, isRight) in [
            (#"["127.0.0.1:60001","127.0.0.1:60002","127.0.0.1"]"#, true),
            (#"["127.0.0.1:60001","127.0.0.1:60002","10.1.1.1"]"#, false),
        ] {
            var machine = try Playbook.machine("json/lines", recording)
            _ = try machine.start(at: 0)
            let hosts = ReplayMachine.TransportHosts(local: "127.0.0.1", remote: "127.0.0.1", remotePort: 9_000)
            _ = try machine.handle(.connected(session: 1, localPort: 60_001, hosts: hosts), at: 0)
            _ = try machine.handle(.connected(session: 2, localPort: 60_002, hosts: hosts), at: 0)
            let payload = Array(answer.utf8)
            _ = try machine.handle(.received(session: 1, ActualMessage(payload: payload, wire: payload + [10])), at: 1)
            _ = try machine.handle(.wake, at: 200_000)
            #expect(machine.findings.differences.isEmpty == isRight, "\(machine.findings.differences)")
        }
    }

    @Test("the report names each value, where it was issued and where it was sent")
    func report() throws {
        let recording = """
            \(Self.opening)
            {"t":1,"s":2,"from":"server","value":{"id":48213}}
            {"t":2,"s":2,"from":"client","value":{"get":48213}}
            """
        var machine = try Playbook.machine("json/lines", recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 0)
        _ = try machine.handle(.connected(session: 2, localPort: 60_002), at: 0)
        let payload = Array(#"{"id":51544}"#.utf8)
        _ = try machine.handle(.received(session: 2, ActualMessage(payload: payload, wire: payload + [10])), at: 1)
        _ = try machine.handle(.wake, at: 500_000)
        _ = try machine.handle(.wake, at: 1_000_000)
        let binding = try #require(machine.findings.bindings.first)
        #expect(machine.findings.bindings.count == 1)
        #expect(binding.recorded == "48213" && binding.actual == "51544")
        #expect(binding.journey == "the server's, line 4 → line 5")
    }

    @Test("a value that was put in is none that was recorded, though another was recorded just so")
    func overlappingCounters() throws {
        try Self.play([
            (2, "server", #"{"id":1001}"#, #"{"id":1002}"#),
            (2, "client", #"{"join":1001}"#, #"{"join":1002}"#),
            (2, "server", #"{"joined":1001}"#, #"{"joined":1002}"#),
            (2, "server", #"{"id":1002}"#, #"{"id":1003}"#),
            (2, "client", #"{"join":1002}"#, #"{"join":1003}"#),
        ])
        try Self.play(
            [
                (2, "server", #"{"id":1001}"#, #"{"id":1002}"#),
                (2, "client", #"{"join":1001}"#, #"{"join":1002}"#),
                (2, "server", #"{"joined":1001}"#, #"{"joined":1003}"#),
                (2, "server", #"{"id":1002}"#, #"{"id":1003}"#),
                (2, "client", #"{"join":1002}"#, #"{"join":1003}"#),
            ], finding: ["found 2 value $.joined: 1002, now 1003"])
    }

    @Test("the pieces of a word that comes back are followed where they come back by themselves")
    func pieces() throws {
        try Self.play([
            (2, "server", #"{"room":"room-48213"}"#, #"{"room":"room-51544"}"#),
            (2, "client", #"["room-48213",48213]"#, #"["room-51544",51544]"#),
        ])
    }

    @Test("a quantity in a text binds nothing, though its digits are an identifier elsewhere")
    func quantities() throws {
        try Self.play(
            [
                (2, "server", #"{"delta":"-1000","sum":"44.8213"}"#, #"{"delta":"-2500","sum":"44.9999"}"#),
                (2, "server", #"[1000,8213]"#, #"[1000,8213]"#),
                (2, "client", #"[1000,8213]"#, #"[1000,8213]"#),
            ],
            finding: [
                #"found 2 value $.delta: "-1000", now "-2500""#, #"found 2 value $.sum: "44.8213", now "44.9999""#,
            ])
    }

    @Test("what is no number is not put into a number's place")
    func numberPlaces() throws {
        try Self.play([
            (2, "server", #"{"token":"12345678"}"#, #"{"token":"9f86d081"}"#),
            (2, "client", #"{"text":"12345678","number":12345678}"#, #"{"text":"9f86d081","number":12345678}"#),
        ])
    }

    @Test("a refusal is no token")
    func refusal() throws {
        try Self.play(
            [
                (2, "server", #""aB3dE9fGh2Jk7LmN0pQr""#, #""Permission-Denied-1""#),
                (2, "client", #"["aB3dE9fGh2Jk7LmN0pQr"]"#, #"["aB3dE9fGh2Jk7LmN0pQr"]"#),
            ], heldAfter: 0, finding: [#"found 2 value $: "aB3dE9fGh2Jk7LmN0pQr", now "Permission-Denied-1""#])
    }

    @Test("words in binary messages are no identifiers")
    func binaryWords() throws {
        let hex = { (text: String) in text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        let differences = try Self.playBinary(
            "01" + hex("state running"), "01" + hex("state stopped"), sent: "02" + hex("wait running"),
            asNow: "02" + hex("wait running"))
        #expect(differences.count == 1)
    }

    @Test("a binary identifier must be the same throughout a message")
    func binaryTwice() throws {
        let differences = try Self.playBinary(
            "01 0011aa22bb33cc44 00000000 0011aa22bb33cc44", "01 99ee88dd77cc66bb 00000000 1234567890abcdef",
            sent: "02 0011aa22bb33cc44", asNow: "02 0011aa22bb33cc44")
        #expect(differences.count == 1)
    }

    @Test(
        "what a server answers for a captured value cannot write into what clients send",
        arguments: [
            (#"x","admin":"y"#, #"{"get":"x\",\"admin\":\"y","n":7}"#), (#"x\"#, #"{"get":"x\\","n":7}"#),
            ("x\ny", nil), ("xyz", #"{"get":"xyz","n":7}"#),
        ] as [(String, String?)])
    func captures(answer: String, sent: String?) throws {
        var correlation = Correlation()
        let value = IdentifierTrial.Found(recorded: Array("abc".utf8), actual: Array(answer.utf8), name: "n")
        correlation.bind([value], session: 1, line: 2)
        let text = correlation.replaced(in: Array(#"{"get":"abc","n":7}"#.utf8), sentAt: 3)
        #expect(text.map { String(decoding: $0, as: UTF8.self) } == sent)
    }

    @Test("a captured number's place takes a number only")
    func capturedNumbers() throws {
        var correlation = Correlation()
        let value = IdentifierTrial.Found(recorded: Array("7".utf8), actual: Array("x,1".utf8), name: "n")
        correlation.bind([value], session: 1, line: 2)
        #expect(correlation.replaced(in: Array(#"{"n":7}"#.utf8), sentAt: 3) == nil)
    }

    @Test("words with escapes of JSON are followed, whole and by their pieces")
    func escapes() throws {
        try Self.play([
            (2, "server", #"{"room":"caf\u00e9-48213"}"#, #"{"room":"caf\u00e9-51544"}"#),
            (2, "client", #"["caf\u00e9-48213","\/rooms\/48213"]"#, #"["café-51544","\/rooms\/51544"]"#),
            (2, "server", #"{"joined":"\n48213\tcaf\u00E9-48213"}"#, #"{"joined":"\n51544\tcafé-51544"}"#),
        ])
        try Self.play(
            [
                (2, "server", #"{"room":"caf\u00e9-48213"}"#, #"{"room":"caf\u00e9-51544"}"#),
                (2, "client", #"["caf\u00e9-48213"]"#, #"["café-51544"]"#),
                (2, "server", #"{"joined":"caf\u00e9-48213"}"#, #"{"joined":"caf\u00e9-48213"}"#),
            ], finding: [#"found 2 value $.joined: "café-51544", now "caf\u00e9-48213""#])
    }

    @Test("what a rule captures is found and put in behind escapes of JSON")
    func capturedEscapes() throws {
        var correlation = Correlation()
        let value = IdentifierTrial.Found(recorded: Array("né".utf8), actual: Array(#"a "b""#.utf8), name: "n")
        correlation.bind([value], session: 1, line: 2)
        let text = correlation.replaced(in: Array(#"{"get":"n\u00e9"}"#.utf8), sentAt: 3)
        #expect(text.map { String(decoding: $0, as: UTF8.self) } == #"{"get":"a \"b\""}"#)
    }

    @Test(
        "a value that was put in and a recorded one that is like it are told apart within a message",
        arguments: [
            (#"{"old":1002,"new":1003}"#, nil), (#"{"old":1003,"new":1003}"#, "$.old: 1002, now 1003"),
            (#"{"old":1002,"new":1002}"#, nil), (#"{"old":1003,"new":1002}"#, "$.old: 1002, now 1003"),
        ] as [(String, String?)])
    func putInAndRecorded(answer: String, difference: String?) throws {
        let next = answer.contains(#""new":1003"#) ? 1003 : 1002
        try Self.play(
            [
                (2, "server", #"{"id":1001}"#, #"{"id":1002}"#),
                (2, "client", #"{"leave":1001}"#, #"{"leave":1002}"#),
                (2, "server", #"{"old":1001,"new":1002}"#, answer),
                (2, "client", #"{"join":1002}"#, #"{"join":\#(next)}"#),
            ], heldAfter: difference == nil ? nil : 2, finding: difference.map { ["found 2 value \($0)"] } ?? [])
    }

    @Test(
        "a value that was put in and a recorded one that is like it are told apart within a text",
        arguments: [
            (#""left 1002, joined 1003""#, true), (#""left 1003, joined 1003""#, false),
            (#""left 1003, joined 1002""#, false),
        ])
    func putInAndRecordedText(answer: String, isRight: Bool) throws {
        let found = #"found 2 value $: "left 1002, joined 1002", now \#(answer)"#
        try Self.play(
            [
                (2, "server", #"{"id":1001}"#, #"{"id":1002}"#),
                (2, "client", #"{"leave":1001}"#, #"{"leave":1002}"#),
                (2, "server", #""left 1001, joined 1002""#, answer),
                (2, "client", #"{"join":1002}"#, isRight ? #"{"join":1003}"# : #"{"join":1002}"#),
            ], heldAfter: isRight ? nil : 2, finding: isRight ? [] : [found])
    }

    @Test("many keys that changed, and half of them lost, take steps in proportion to their number")
    func manyKeys() throws {
        let count = 20_000
        let recorded = (0..<count).map { #""\#(100_000 + $0)":1"# }.joined(separator: ",")
        let now = (0..<count / 2).map { #""\#(500_000 + $0)":1"# }.joined(separator: ",")
        let ids = (0..<count).map { String(100_000 + $0) }.joined(separator: ",")
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"server","value":{\(recorded)}}
            {"t":2,"s":1,"from":"client","value":[\(ids)]}
            """
        var machine = try Playbook.machine("json/lines", recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 0)
        let payload = Array("{\(now)}".utf8)
        _ = try machine.handle(.received(session: 1, ActualMessage(payload: payload, wire: payload + [10])), at: 1)
        _ = try machine.handle(.wake, at: 200_000)
        #expect(machine.findings.differences.count == 1)
    }

    @Test(
        "what stands around the payload of a sent message stays when an identifier is put into it",
        arguments: [
            ("raw/lines", #"{"text":"GET 48213","raw":"R0VUIDQ4MjEzDQo="}"#, "GET 515440\r\n"),
            (
                "json/content-length",
                #"{"value":{"get":"48213"},"raw":"Q29udGVudC1UeXBlOiBhDQpjb250ZW50LWxlbmd0aDogIDE1IA0KDQp7ImdldCI6IjQ4MjEzIn0="}"#,
                "Content-Type: a\r\ncontent-length:  16 \r\n\r\n{\"get\":\"515440\"}"
            ),
        ])
    func surroundings(codec: String, sent: String, bytes: String) throws {
        let isText = codec == "raw/lines"
        let recording = """
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"server",\(isText ? #""text":"room 48213""# : #""value":"room 48213""#)}
            {"t":2,"s":1,"from":"client",\(sent.dropFirst())
            """
        var machine = try Playbook.machine(codec, recording)
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 60_001), at: 0)
        let payload = Array((isText ? "room 515440" : #""room 515440""#).utf8)
        let actions = try machine.handle(.received(session: 1, ActualMessage(payload: payload, wire: payload)), at: 1)
        #expect(actions.contains(.send(session: 1, Array(bytes.utf8))), "\(actions)")
    }
}
