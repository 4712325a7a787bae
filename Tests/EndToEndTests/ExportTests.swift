import Foundation
import TestSupport
import Testing

@Suite("export, from outside")
struct ExportTests {
    private static let captures = PythonProgram.root + "/captures/"

    /// The lines behind the header; what the end says of a session's client is not on the wire.
    private static func lines(_ text: String?) -> [Substring] {
        (text ?? "").split(separator: "\n").dropFirst().filter { !$0.contains("\"end\":") }
    }

    /// A recording with everything that has a form on the wire.
    private static let everything = #"""
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:12000","codec":"json/lines"},{"listen":"[::1]:12001","codec":"raw/u32be"}]}
        {"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}
        {"t":0.000213,"s":1,"from":"server","value":{"clientid":53412}}
        {"t":0.100000,"s":2,"open":{"port":12001,"peer":"[::1]:40000"}}
        {"t":0.204471,"s":1,"from":"client","value":{"message":"hi\u001b[31m","id":3}}
        {"t":0.300000,"s":2,"from":"client","text":"hello"}
        {"t":0.300000,"s":2,"from":"server","base64":"AAD/"}
        {"t":0.400000,"s":1,"from":"client","base64":"e2JhZAo=","error":"byte 35: found \"b\", expected a string or \"}\""}
        {"t":0.500000,"s":2,"close":"reset","by":"client"}
        {"t":0.600000,"s":1,"eof":"client"}
        {"t":0.700000,"s":1,"from":"server","value":{"bye":true}}
        {"t":0.700000,"s":1,"close":"clean"}
        {"t":0.800000,"s":3,"open":{"port":12000,"peer":"127.0.0.1:53412"}}
        {"t":0.900000,"s":3,"from":"client","value":{"again":1},"raw":"eyJhZ2FpbiI6MX0NCg=="}
        {"t":1.000000,"s":3,"close":"shutdown","by":"server"}
        {"t":1.000000,"end":{"sessions":3,"messages":7}}

        """#

    @Test("import of an export gives the recording back", arguments: ["a.pcapng", "a.pcap"])
    func roundTrip(file: String) async throws {
        let folder = try ScratchFolder()
        let recording = try folder.write(Self.everything, to: "a.tape.jsonl")
        let exported = try await BuiltBinary.run("export", recording, "-o", folder.path(file))
        #expect(exported.exit == .status(0), "\(exported)")
        #expect(exported.complaints.contains("of 3 sessions, 7 messages"), "\(exported)")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(file))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let imported = try await BuiltBinary.run(
            "import", folder.path(file), "--port", "12000:json", "--port", "12001:raw/u32be", "-o",
            folder.path("b.tape.jsonl"))
        #expect(imported.exit == .status(0), "\(imported)")
        // Who stopped, and when, is not on the wire.
        let stop = #"{"t":1.000000,"s":3,"close":"shutdown","by":"server"}"#
        let found = Self.lines(folder.text("b.tape.jsonl"))
        #expect(found.dropLast() == Self.lines(Self.everything).filter { $0 != stop })
        #expect(found.last?.contains(#""close":"shutdown""#) == true)
        #expect(folder.text("b.tape.jsonl")?.contains(#""created":"2026-11-22T10:00:00.000000Z""#) == true)
        let again = try await BuiltBinary.run("export", recording, "-o", folder.path(file))
        #expect(again.exit == .status(2) && again.complaints.contains("exists already"), "\(again)")
    }

    @Test(
        "what a capture lacks comes back through an export: gaps and ends",
        arguments: [
            "server-only.pcap", "client-only.pcap", "lost-first.pcap", "lost-last.pcap", "snap-96.pcap", "reset.pcap",
        ])
    func gaps(file: String) async throws {
        let fixtures = PythonProgram.root + "/Tests/RecorderTests/Fixtures/captures/"
        let folder = try ScratchFolder()
        let (first, second) = (folder.path("a.tape.jsonl"), folder.path("b.tape.jsonl"))
        let ports = ["--port", "12000:raw/chunks"]
        for (arguments, name) in [
            (["import", fixtures + file, "-o", first] + ports, "the first import"),
            (["export", first, "-o", folder.path("a.pcapng")], "the export"),
            (["import", folder.path("a.pcapng"), "-o", second] + ports, "the second import"),
        ] {
            let outcome = try await BuiltBinary.run(arguments)
            #expect(outcome.exit == .status(0), "\(name): \(outcome)")
        }
        // Why bytes are missing is not on the wire, nor when that was known of those at the end; so each side is compared by itself.
        let events = { (name: String) in
            (folder.text(name) ?? "").split(separator: "\n").dropFirst().compactMap { line in
                line.firstRange(of: "\"s\":").map {
                    line[$0.lowerBound...].prefix(upTo: line.firstRange(of: ",\"why\"")?.lowerBound ?? line.endIndex)
                }
            }
        }
        for side in ["client", "server"] {
            let found = ["a.tape.jsonl", "b.tape.jsonl"].map { events($0).filter { $0.contains("\"\(side)\"") } }
            #expect(found[0] == found[1])
        }
        #expect(events("a.tape.jsonl").contains { $0.contains("\"gap\"") } || file == "reset.pcap")
    }

    @Test("the project's own recordings come back", arguments: ["json/lines", "raw/framed", "pickle/lab"])
    func ownRecordings(name: String) async throws {
        let folder = try ScratchFolder()
        let recording = Self.captures + name + ".tape.jsonl"
        let text = try String(contentsOfFile: recording, encoding: .utf8)
        #expect(try await BuiltBinary.run("export", recording, "-o", folder.path("a.pcapng")).exit == .status(0))
        let header = try JSONSerialization.jsonObject(with: Data(text.prefix { $0 != "\n" }.utf8)) as? [String: Any]
        let ports = (header?["ports"] as? [[String: Any]] ?? []).flatMap { port -> [String] in
            let number = (port["listen"] as? String)?.split(separator: ":").last ?? ""
            let version = (port["protocol"] as? Int).map { ",protocol=\($0)" } ?? ""
            return ["--port", "\(number):\(port["codec"] ?? "")\(version)"]
        }
        let imported = try await BuiltBinary.run(
            ["import", folder.path("a.pcapng"), "-o", folder.path("b.tape.jsonl")] + ports)
        #expect(imported.exit == .status(0), "\(imported)")
        let messages = { (text: String?) in
            Self.lines(text).compactMap { line in line.firstRange(of: "\"s\":").map { line[$0.lowerBound...] } }
                .filter { $0.contains("\"from\":") }
        }
        #expect(messages(folder.text("b.tape.jsonl")) == messages(text))
    }

    @Test(
        "tshark finds nothing wrong, and shows what messages read as", .enabled(if: Tshark.isInstalled, Tshark.lacking))
    func tshark() async throws {
        let folder = try ScratchFolder()
        let big = String(repeating: "x", count: 100_000)
        let text = Self.everything.replacingOccurrences(of: #"{"bye":true}"#, with: #"{"bye":"\#(big)"}"#)
        let recording = try folder.write(text, to: "a.tape.jsonl")
        let path = folder.path("a.pcapng")
        #expect(try await BuiltBinary.run("export", recording, "-o", path).exit == .status(0))
        let complaints = try await Tshark.complaints(of: path)
        // A reset is worth a warning, and nothing else is wrong.
        #expect(complaints.count == 1 && complaints[0].contains("[RST, ACK]"), "\(complaints)")
        let lengths = try await Tshark.fields(["ip.len", "ipv6.plen"], of: path).flatMap(\.self).compactMap { Int($0) }
        #expect(lengths.max() == 1_500)
        let comments = try await Tshark.fields(["frame.comment"], of: path, where: "frame.comment").flatMap(\.self)
        #expect(comments.contains("session 1, port 12000, json/lines"))
        #expect(comments.contains(#"session 2, message 1 from the client: "hello""#), "\(comments)")
        #expect(
            comments.contains(#"session 1, message 2 from the client: {"message":"hi\u001b[31m","id":3}"#),
            "\(comments)")
        #expect(comments.contains { $0.contains("not decoded (byte 35") })
        #expect(comments.allSatisfy { $0.count < 1_200 })
        let times = try await Tshark.fields(["frame.time_epoch"], of: path, where: "tcp.flags.reset == 1")
        #expect(times.first?.first?.hasPrefix("1795341600.5") == true, "\(times)")
    }

    @Test("what the recording lacks is lacking in the packets, and comes back as a gap")
    func gaps() async throws {
        let folder = try ScratchFolder()
        let recording = try folder.write(
            #"""
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"0.0.0.0:12000","codec":"json/lines"}]}
            {"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}
            {"t":0.100000,"s":1,"from":"client","value":1}
            {"t":0.200000,"s":1,"gap":{"from":"client","bytes":700,"why":"x"}}
            {"t":0.200000,"s":1,"from":"client","base64":"MjIyfQo=","error":"x"}
            {"t":0.300000,"s":1,"from":"client","value":3}
            {"t":0.400000,"s":1,"close":"clean"}
            {"t":0.400000,"end":{"sessions":1,"messages":3}}

            """#, to: "a.tape.jsonl")
        #expect(
            try await BuiltBinary.run("export", recording, "-o", folder.path("a.pcapng")).exit == .status(0))
        let imported = try await BuiltBinary.run(
            "import", folder.path("a.pcapng"), "--port", "12000:json", "-o", folder.path("b.tape.jsonl"))
        #expect(imported.exit == .status(0) && imported.complaints.contains("1 gap of 700 bytes"), "\(imported)")
        let text = folder.text("b.tape.jsonl") ?? ""
        #expect(text.contains(#""gap":{"from":"client","bytes":700"#), "\(text)")
        #expect(text.contains(#""from":"client","base64":"MjIyfQo=""#) && text.contains(#""from":"client","value":3}"#))
    }

    /// A recording of one session with these lines in it.
    private static func recording(_ lines: String..., created: String = "2026-11-22T10:00:00.000000Z") -> String {
        let header =
            #"{"tapedeck":1,"created":"\#(created)","tool":"t","ports":[{"listen":"0.0.0.0:12000","codec":"json/lines"}]}"#
        let open = #"{"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}"#
        return ([header, open] + lines).map { $0 + "\n" }.joined()
    }

    @Test(
        "a gap at the end comes back, and one of any length that a connection can have",
        arguments: [2, 700, 9 << 20, (65_535 << 14) - 1], ["clean", "reset"])
    func lastGap(count: Int, manner: String) async throws {
        let folder = try ScratchFolder()
        let by = manner == "reset" ? #","by":"client""# : ""
        let recording = try folder.write(
            Self.recording(
                #"{"t":0.100000,"s":1,"from":"client","value":1}"#,
                #"{"t":0.200000,"s":1,"gap":{"from":"client","bytes":\#(count),"why":"x"}}"#,
                #"{"t":0.300000,"s":1,"close":"\#(manner)"\#(by)}"#), to: "a.tape.jsonl")
        #expect(try await BuiltBinary.run("export", recording, "-o", folder.path("a.pcapng")).exit == .status(0))
        let imported = try await BuiltBinary.run(
            "import", folder.path("a.pcapng"), "--port", "12000:json", "-o", folder.path("b.tape.jsonl"))
        #expect(imported.complaints.contains("1 gap of \(count) byte"), "\(imported)")
        let text = folder.text("b.tape.jsonl") ?? ""
        #expect(text.contains(#""gap":{"from":"client","bytes":\#(count),"#), "\(text)")
        #expect(text.contains(#""close":"\#(manner)""#), "\(text)")
    }

    @Test(
        "a time that no packet can have is an error with its line",
        arguments: [
            ("2026-11-22T10:00:00.000000Z", "9000000000", "a.pcapng", "line 3"),
            ("2026-11-22T10:00:00.000000Z", "3000000000", "a.pcap", "2106"),
            ("1905-01-01T00:00:00.000000Z", "1", "a.pcapng", "line 1 was created 1905"),
            ("9999-01-01T00:00:00.000000Z", "1", "a.pcapng", "from 1970 to 2262"),
        ])
    func times(created: String, time: String, file: String, complaint: String) async throws {
        let folder = try ScratchFolder()
        let recording = try folder.write(
            Self.recording(#"{"t":\#(time).000000,"s":1,"from":"client","value":1}"#, created: created),
            to: "a.tape.jsonl")
        let outcome = try await BuiltBinary.run("export", recording, "-o", folder.path(file))
        #expect(outcome.exit == .status(2) && outcome.complaints.contains(complaint), "\(outcome)")
        #expect(folder.text(file) == nil)
    }

    @Test("a recording that is damaged, or none, is no capture") func unreadable() async throws {
        let folder = try ScratchFolder()
        let damaged = try folder.write(
            Self.everything.replacingOccurrences(of: "\"from\":\"server\",\"base64\"", with: "!"), to: "a.tape.jsonl")
        for path in [damaged, folder.path("missing"), folder.path] {
            let outcome = try await BuiltBinary.run("export", path, "-o", folder.path("a.pcapng"))
            #expect(outcome.exit == .status(2), "\(outcome)")
            #expect(folder.text("a.pcapng") == nil)
        }
    }
}
