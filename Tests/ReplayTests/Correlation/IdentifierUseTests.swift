import Codecs
import Recorder
import Testing

@testable import Replay

/// One client and a server, in the order of what they say: whether each answer may stand for the recorded one, and what is
/// sent then.
@Suite("Identifiers are the same wherever they stand")
struct IdentifierUseTests {
    /// A message as it was recorded and as it is this time.
    struct Step: Sendable {
        var isServer: Bool
        var recorded: String
        var now: String

        static func said(_ recorded: String, _ now: String) -> Step {
            Step(isServer: true, recorded: recorded, now: now)
        }
        static func sent(_ recorded: String, _ now: String) -> Step {
            Step(isServer: false, recorded: recorded, now: now)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var codec = "json/lines"
        var rules: [String] = []
        var steps: [Step]
        /// The paths of what is different.
        var differences: [String] = []
        var testDescription: String { name }
    }

    /// The payload of a value in the notation of the codec.
    private static func payload(_ text: String, _ codec: Codec) throws -> [UInt8] {
        let form: ReadableForm.Key = codec.payload.isStructured ? .value : .base64
        let message = RecordedMessage(from: .server, form: form, text: Array(text.utf8))
        var settings = codec.payload.defaultSettings
        settings.protocolVersion = settings.protocolVersion ?? 4
        return try message.payload(codec: codec, settings: settings, limits: DecodingLimits())
    }

    private static func wire(_ text: String, _ codec: Codec) throws -> [UInt8] {
        let payload = try payload(text, codec)
        var wire = ByteWriter()
        try codec.framing.write(payload: payload.span.bytes, into: &wire)
        return wire.array
    }

    @discardableResult
    private static func play(_ test: Case) throws -> ReplayFindings {
        let codec = try CodecRegistry.codec(named: test.codec)
        let key = codec.payload.isStructured ? "value" : "base64"
        var recording = #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#
        for (index, step) in test.steps.enumerated() {
            let side = step.isServer ? "server" : "client"
            recording += "\n" + #"{"t":\#(index + 1),"s":1,"from":"\#(side)","\#(key)":\#(step.recorded)}"#
        }
        var options = ReplayOptions()
        options.rules = try test.rules.map { try RuleParser.rule(option: $0) }
        var machine = try Playbook.machine(test.codec, recording, options: options)
        var sent: [[UInt8]] = []
        func note(_ actions: [ReplayMachine.Action]) {
            for case .send(_, let bytes) in actions { sent.append(bytes) }
        }
        note(try machine.start(at: 0))
        note(try machine.handle(.connected(session: 1, localPort: 60_001), at: 0))
        var time: Int64 = 0
        for step in test.steps where step.isServer {
            time += 1_000_000
            let payload = try payload(step.now, codec)
            let wire = try wire(step.now, codec)
            note(try machine.handle(.received(session: 1, ActualMessage(payload: payload, wire: wire)), at: time))
            note(try machine.handle(.wake, at: time + 500_000))
        }
        for round in 1...3 { note(try machine.handle(.wake, at: time + Int64(round) * 1_000_000)) }
        let paths = machine.findings.differences.flatMap { difference -> [String] in
            if case .value(let values) = difference.kind { return values.map(\.path) }
            return ["\(difference.kind)"]
        }
        #expect(paths == test.differences, "\(machine.findings.differences)")
        let wanted = try test.steps.filter { !$0.isServer }.map { try Self.wire($0.now, codec) }
        #expect(
            sent == wanted,
            "\(sent.map { String(decoding: $0, as: UTF8.self) }) \(wanted.map { String(decoding: $0, as: UTF8.self) })")
        return machine.findings
    }

    @Test(
        "the recorded one beside the present one is a difference",
        arguments: [
            Case(
                name: "as a number",
                steps: [
                    .said(#"{"id":48213,"again":48213}"#, #"{"id":48213,"again":51544}"#), .sent("[48213]", "[48213]"),
                ], differences: ["$.again"]),
            Case(
                name: "in a path",
                steps: [
                    .said(#"{"id":48213,"url":"/d/48213"}"#, #"{"id":51544,"url":"/d/48213"}"#),
                    .sent("[48213]", "[51544]"),
                ], differences: ["$.url"]),
            Case(
                name: "twice in a text",
                steps: [
                    .said(#""room 48213, join 48213""#, #""room 48213, join 51544""#), .sent("[48213]", "[48213]"),
                ], differences: ["$"]),
            Case(
                name: "in a list",
                steps: [.said("[[48213,1],[48213,2]]", "[[48213,1],[51544,2]]"), .sent("[48213]", "[48213]")],
                differences: ["$[1][0]"]),
            Case(
                name: "the number first, then a word that contradicts it",
                steps: [
                    .said(#"{"n":48213,"room":"room-48213"}"#, #"{"n":51544,"room":"room-99999"}"#),
                    .sent(#"[48213,"room-48213"]"#, #"[51544,"room-51544"]"#),
                ], differences: ["$.room"]),
            Case(
                name: "two tokens become one",
                steps: [
                    .said(#"["9f86d081aa","77aa12bc0e"]"#, #"["00c0ffee11","00c0ffee11"]"#),
                    .sent(#"["9f86d081aa","77aa12bc0e"]"#, #"["00c0ffee11","77aa12bc0e"]"#),
                ], differences: ["$[1]"]),
            Case(
                name: "a counter that stands still",
                steps: [
                    .said(#"{"id":1001}"#, #"{"id":5001}"#), .sent("[1001]", "[5001]"),
                    .said(#"{"id":1002}"#, #"{"id":5001}"#), .sent("[1002]", "[1002]"),
                ], differences: ["$.id"]),
            Case(
                name: "a token's piece that is an identifier by itself",
                steps: [
                    .said(
                        #"{"token":"48213-9f86d081aa","user":48213}"#, #"{"token":"51544-00c0ffee11","user":60000}"#),
                    .sent(#"["48213-9f86d081aa",48213]"#, #"["51544-00c0ffee11",51544]"#),
                ], differences: ["$.user"]),
            Case(
                name: "two numbers under one name become one, though one is kept",
                steps: [
                    .said(#"[{"id":1001},{"id":1002}]"#, #"[{"id":1002},{"id":1002}]"#),
                    .sent("[1001,1002]", "[1002,1002]"),
                ], differences: ["$[1].id"]),
            Case(
                name: "a counter that stands where it stood",
                steps: [
                    .said(#"{"id":1001}"#, #"{"id":1001}"#), .sent("[1001]", "[1001]"),
                    .said(#"{"id":1002}"#, #"{"id":1001}"#), .sent("[1002]", "[1002]"),
                ], differences: ["$.id"]),
        ])
    func inconsistent(test: Case) throws { try Self.play(test) }

    @Test("numbers of two kinds may meet, under names of their own")
    func namespaces() throws {
        try Self.play(
            Case(
                name: "",
                steps: [
                    .said(#"{"user":1003}"#, #"{"user":1001}"#), .sent("[1003]", "[1001]"),
                    .said(#"{"order":1007}"#, #"{"order":1001}"#), .sent("[1007]", "[1001]"),
                ]))
    }

    @Test("what could not be followed is named, with the line in which it was sent")
    func notFollowed() throws {
        let findings = try Self.play(
            Case(
                name: "",
                steps: [
                    .said(#"{"token":"9f86d081aa"}"#, #"{"token":null}"#),
                    .sent(#"{"use":"9f86d081aa"}"#, #"{"use":"9f86d081aa"}"#),
                ], differences: ["$.token"]))
        #expect(findings.sentAsRecorded.map(\.identifier) == ["9f86d081aa"])
        #expect(findings.sentAsRecorded.map(\.line) == [4])
        var report = RecordingReport(path: "a")
        report.findings = findings
        #expect(
            TextReport(usesColour: false).text(report).contains(
                "not correlated: 9f86d081aa was sent as recorded in line 4, since no answer has shown what it is"))
    }

    @Test("two seconds of a clock may be one")
    func clocks() throws {
        try Self.play(
            Case(
                name: "",
                steps: [
                    .said("[1795397112,1795397113]", "[1795399999,1795399999]"),
                    .sent("[1795397112,1795397113]", "[1795399999,1795399999]"),
                ]))
    }

    @Test(
        "a counter within longer tokens is followed, and the other one is not taken for it",
        arguments: [
            ("/rooms/1003/join", []), ("/rooms/1002/join", ["$"]),
        ] as [(String, [String])])
    func counters(answer: String, differences: [String]) throws {
        try Self.play(
            Case(
                name: "",
                steps: [
                    .said(#"{"a":1001,"b":1002}"#, #"{"a":1002,"b":1003}"#), .sent("[1001,1002]", "[1002,1003]"),
                    .said(
                        #"["/rooms/1001/join","/rooms/1002/join"]"#, #"["/rooms/1002/join","/rooms/1003/join"]"#),
                    .sent(#""/rooms/1002/join""#, #""/rooms/1003/join""#),
                    .said(#""/rooms/1002/join""#, "\"\(answer)\""),
                ], differences: differences))
    }

    @Test(
        "a token with a known identifier in it is followed with that",
        arguments: [
            ("60001-77aa12bc0e", []), ("50001-77aa12bc0e", ["$.token"]), ("60002-77aa12bc0e", ["$.token"]),
        ] as [(String, [String])])
    func composed(answer: String, differences: [String]) throws {
        let sent = differences.isEmpty ? answer : "60001-9f86d081aa"
        try Self.play(
            Case(
                name: "",
                steps: [
                    .said(#"{"token":"50001-9f86d081aa"}"#, #"{"token":"\#(answer)"}"#),
                    .sent(#""50001-9f86d081aa""#, "\"\(sent)\""),
                ], differences: differences))
    }

    @Test(
        "in lists without order identifiers are bound and required",
        arguments: [
            (#"{"rooms":[{"id":51544,"n":1}],"cur":51544}"#, []),
            (#"{"rooms":[{"id":51544,"n":1}],"cur":99999}"#, ["$.cur"]),
        ] as [(String, [String])])
    func unordered(answer: String, differences: [String]) throws {
        try Self.play(
            Case(
                name: "", rules: ["$.rooms unordered"],
                steps: [
                    .said(#"{"rooms":[{"id":48213,"n":1}],"cur":48213}"#, answer), .sent("[48213]", "[51544]"),
                ], differences: differences))
    }

    @Test(
        "maps whose keys are identifiers are paired by their values and places",
        arguments: [
            Case(
                name: "counters that overlap",
                steps: [
                    .said(
                        #"{"1001":{"name":"ann"},"1002":{"name":"bob"}}"#,
                        #"{"1002":{"name":"ann"},"1003":{"name":"bob"}}"#),
                    .sent("[1001,1002]", "[1002,1003]"),
                ]),
            Case(
                name: "a server that sorts",
                steps: [
                    .said(#"{"48213":"open","60001":"shut"}"#, #"{"51544":"shut","71001":"open"}"#),
                    .sent("[48213,60001]", "[71001,51544]"),
                ]),
            Case(
                name: "as they were, in another order",
                steps: [
                    .said(#"{"48213":"open","60001":"open"}"#, #"{"60001":"open","48213":"open"}"#),
                    .sent("[48213,60001]", "[48213,60001]"),
                ]),
            Case(
                name: "a set of counters that overlap, before what names them", codec: "pickle",
                steps: [
                    .said(
                        #"{"l":{"$set":[1001,1002]},"a":1001,"b":1002}"#,
                        #"{"l":{"$set":[1002,1003]},"a":1002,"b":1003}"#),
                    .sent("[1001,1002]", "[1002,1003]"),
                ]),
            Case(
                name: "a list without order of counters that overlap", rules: ["$.l unordered"],
                steps: [
                    .said(#"{"a":1001,"b":1002,"l":[1001,1002]}"#, #"{"a":1002,"b":1003,"l":[1002,1003]}"#),
                    .sent("[1001,1002]", "[1002,1003]"),
                ]),
            Case(
                name: "with values that a rule lets differ", rules: ["$.*.seen ignore"],
                steps: [
                    .said(
                        #"{"48213":{"n":"ann","seen":1},"60001":{"n":"bob","seen":2}}"#,
                        #"{"51544":{"n":"bob","seen":7},"71001":{"n":"ann","seen":8}}"#),
                    .sent("[48213,60001]", "[71001,51544]"),
                ]),
            Case(
                name: "with equal values, named behind",
                steps: [
                    .said(
                        #"{"m":{"48213":1,"60001":1},"cur":48213}"#, #"{"m":{"51544":1,"71001":1},"cur":71001}"#),
                    .sent("[48213,60001]", "[71001,51544]"),
                ]),
        ])
    func keys(test: Case) throws { try Self.play(test) }

    @Test(
        "identifiers are found in more places",
        arguments: [
            Case(
                name: "beside letters of other scripts",
                steps: [
                    .said(#""房间48213已创建, “48213”, 48213€""#, #""房间51544已创建, “51544”, 51544€""#),
                    .sent("[48213]", "[51544]"),
                ]),
            Case(
                name: "the client's port there",
                steps: [.said(#""端口50001""#, #""端口60001""#), .sent(#""端口50001""#, #""端口60001""#)]),
            Case(
                name: "a UUID behind a word",
                steps: [
                    .said(
                        #""room-3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c""#,
                        #""room-dddddddd-dead-4bee-8f10-aaaaaaaaaaa1""#),
                    .sent(
                        #"["room-3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c","3f2b8c1e-7a4d-4c9b-8f10-2d3e4f5a6b7c"]"#,
                        #"["room-dddddddd-dead-4bee-8f10-aaaaaaaaaaa1","dddddddd-dead-4bee-8f10-aaaaaaaaaaa1"]"#),
                ]),
            Case(
                name: "percent escapes",
                steps: [.said("48213", "51544"), .sent(#""a%2F48213%2Fb""#, #""a%2F51544%2Fb""#)]),
            Case(
                name: "dashes around it",
                steps: [.said("48213", "51544"), .sent(#""--48213-- -48213-""#, #""--51544-- -51544-""#)]),
            Case(
                name: "base64 behind a word",
                steps: [
                    .said(#""Bearer q83vEjRWeJq7/N3+8AESIw==""#, #""Bearer EjRWeJq83vAR+IjM0RVZne==""#),
                    .sent(#""Bearer q83vEjRWeJq7/N3+8AESIw==""#, #""Bearer EjRWeJq83vAR+IjM0RVZne==""#),
                ]),
            Case(
                name: "a JSON Web Token",
                steps: [
                    .said(
                        #""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsImlhdCI6MTc5NX0.q83vEjRWeJq7-N3_8AESIwq83vEjRW""#,
                        #""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsImlhdCI6MTc5Nn0.EjRWeJq83vAR-IjM0RVZneEjRWeJq8""#),
                    .sent(
                        #""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsImlhdCI6MTc5NX0.q83vEjRWeJq7-N3_8AESIwq83vEjRW""#,
                        #""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsImlhdCI6MTc5Nn0.EjRWeJq83vAR-IjM0RVZneEjRWeJq8""#),
                ]),
            Case(
                name: "64 bits in a pickle, on either side of 2^63", codec: "pickle",
                steps: [
                    .said(#"{"$int":"5000000000000000001"}"#, #"{"$int":"15000000000000000001"}"#),
                    .sent(#"{"$int":"5000000000000000001"}"#, #"{"$int":"15000000000000000001"}"#),
                ]),
            Case(
                name: "in what a rule lets differ", rules: ["$.session ignore"],
                steps: [
                    .said(#"{"session":{"token":"9f86d081aa"}}"#, #"{"session":{"token":"00c0ffee11"}}"#),
                    .sent(#""9f86d081aa""#, #""00c0ffee11""#),
                ]),
            Case(
                name: "a text in the place of a pickle's large number is not sent there", codec: "pickle",
                steps: [
                    .said(#"{"t":"15000000000000000000"}"#, #"{"t":"15000000000000000001"}"#),
                    .sent(#"{"$int":"15000000000000000000"}"#, #"{"$int":"15000000000000000001"}"#),
                ]),
            Case(
                name: "though a rule has let another one stand before", rules: ["$.n ignore"],
                steps: [
                    .said(#"{"n":20000}"#, #"{"n":20000}"#), .said(#"{"id":20000}"#, #"{"id":31000}"#),
                    .sent("[20000]", "[31000]"),
                ]),
            Case(
                name: "in what a mask leaves", rules: [#"$ mask \d\d:\d\d"#],
                steps: [
                    .said(#""12:30 room 48213""#, #""12:31 room 51544""#), .sent("[48213]", "[51544]"),
                ]),
            Case(
                name: "elsewhere counts more than where a rule lets anything differ", rules: ["$.now ignore"],
                steps: [
                    .said(
                        #"{"now":1795397112,"created":1795397112}"#, #"{"now":1795399999,"created":1795399998}"#),
                    .sent("[1795397112]", "[1795399998]"),
                ]),
        ])
    func places(test: Case) throws { try Self.play(test) }

    @Test(
        "what a rule captures is required at its place, though it is as recorded",
        arguments: [(7, []), (3, ["$.id"])] as [(Int, [String])])
    func captured(later: Int, differences: [String]) throws {
        try Self.play(
            Case(
                name: "", rules: ["$.id capture as job"],
                steps: [
                    .said(#"{"id":3}"#, #"{"id":7}"#), .sent(#"{"get":3}"#, #"{"get":7}"#),
                    .said(#"{"id":3}"#, #"{"id":\#(later)}"#),
                ], differences: differences))
    }

    private static func form(_ bytes: String) -> String {
        "\"" + Base64.encode(Array(bytes.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })) + "\""
    }

    @Test("words and small numbers beside a binary identifier, and padding in its place, are differences")
    func binary() throws {
        let id = "\u{11}\u{aa}\u{22}\u{bb}\u{33}\u{cc}\u{44}\u{dd}"
        let other = "\u{99}\u{ee}\u{88}\u{dd}\u{77}\u{cc}\u{66}\u{b0}"
        let ways: [(String, String, Bool)] = [
            ("\u{1}\u{0}RUNNING\u{0}", "\u{1}\u{0}STOPPED\u{0}", false),
            ("\u{0}\u{0}\u{0}\u{3}" + id, "\u{0}\u{0}\u{0}\u{4}" + other, false),
            ("\u{0}\u{0}\u{0}\u{3}" + id, "\u{0}\u{0}\u{0}\u{3}" + other, true),
            ("\u{5}" + id + "\u{6}", "\u{5}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{6}", false),
        ]
        for (recorded, now, isRight) in ways {
            try Self.play(
                Case(
                    name: "", codec: "raw/u32be",
                    steps: [
                        .said(Self.form(recorded), Self.form(now)),
                        .sent(Self.form(recorded), Self.form(isRight ? now : recorded)),
                    ], differences: isRight ? [] : ["$"]))
        }
    }
}
