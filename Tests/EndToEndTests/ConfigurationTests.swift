import Foundation
import TestSupport
import Testing

@Suite("The settings of a server in a file, from outside")
struct ConfigurationTests {
    @Test("make serve alone enough; what they say is done")
    func serves() async throws {
        let folder = try ScratchFolder()
        try folder.write(
            """
            serve:
              listen:
                - {port: 0, codec: json, greet: none}
              record: tapes/one.tape.jsonl
              port-file: ports
              max-frame: 20
              quiet: true
            redact:
              - key: token
            """, to: "project/tapedeck.yaml")
        try folder.write("", to: "project/tapes/.keep")
        try folder.write("", to: "project/.git/HEAD")
        try folder.write("", to: "project/deeper/.keep")
        // Paths count from the file, wherever below it the command is given.
        let program = try BuiltBinary.start(["serve"], in: folder.path("project/deeper"))
        let ports = try await program.wait(for: "ports") { folder.text("project/ports") }
        let port = try #require(Int(ports.split(separator: ":").last?.prefix { $0.isNumber } ?? ""))
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'{"token":"abc"}\\n')
                print(exactly(connection, 16))
                connection.sendall(b'"%s"\\n' % (b'x' * 30))
                print(rest(connection))
                """, port: port)
        #expect(client.output == "b'{\"token\":\"abc\"}\\n'\nb''\n", "\(client) \(program.complaints)")
        program.signal(SIGTERM)
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        let recording = try #require(folder.text("project/tapes/one.tape.jsonl"))
        #expect(!recording.contains("abc"))
        #expect(recording.contains(#""close":"limit""#))
    }

    @Test("make mock alone enough, with the rules beside them; options count before them")
    func mocks() async throws {
        let folder = try ScratchFolder()
        try folder.write(
            """
            mock:
              recordings: tapes/
              listen: {recorded: 7001, port: 0}
              port-file: ports
              full: true
            rules:
              - path: $.time
                ignore: true
            """, to: "project/tapedeck.yaml")
        try folder.write(
            """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"json/lines"}]}
            {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
            {"t":0.000001,"s":1,"from":"client","value":{"time": "10:00"}}
            {"t":0.000002,"s":1,"from":"server","value":{"number": 1}}

            """, to: "project/tapes/a.tape.jsonl")
        let project = folder.path("project")
        let shown = try await BuiltBinary.run(["mock", "--check-config", "--strict"], in: project)
        #expect(shown.exit == .status(0), "\(shown)")
        let rows = shown.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(rows[0].contains("tapes/ ") && rows[0].hasSuffix("/project/tapedeck.yaml:2:3"), "\(rows[0])")
        #expect(rows[1].hasPrefix("listen 7001=127.0.0.1:0 ") && rows[1].hasSuffix("tapedeck.yaml:3:3"), "\(rows[1])")
        #expect(rows.contains("strict true command line"), "\(rows)")

        let program = try BuiltBinary.start(["mock"], in: project)
        let ports = try await program.wait(for: "ports") { folder.text("project/ports") }
        let port = try #require(Int(ports.split(separator: ":").last?.prefix { $0.isNumber } ?? ""))
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'{"time": "11:30"}\\n')
                print(exactly(connection, 14))
                """, port: port)
        #expect(client.output == "b'{\"number\": 1}\\n'\n", "\(client) \(program.complaints)")
        program.signal(SIGTERM)
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        #expect(program.complaints.contains("settings that are not given here come from"), "\(program.complaints)")
        let none = try await BuiltBinary.run(["mock"], in: folder.path("."))
        #expect(none.exit == .status(64), "\(none)")
        #expect(none.complaints.contains("no recording to be the server of"), "\(none)")
    }

    @Test("are shown by --check-config with the place each comes from, and checked with the files that they name")
    func checks() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            "serve:\n  listen: 0:json\n  max-frame: 1MiB\n  idle-timeout: none\n", to: "my.yaml")
        let shown = try await BuiltBinary.run(
            ["serve", "--config", path, "--check-config", "--drain=9s"], environment: ["TAPEDECK_MAX_DEPTH": "5"])
        #expect(shown.exit == .status(0), "\(shown)")
        let rows = shown.output.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        func row(_ key: String) -> String? { rows.first { $0[0] == key }?.joined(separator: " ") }
        #expect(row("listen") == "listen 127.0.0.1:0:json/lines \(path):2:3")
        #expect(row("max-frame") == "max-frame 1MiB \(path):3:3")
        #expect(row("idle-timeout") == "idle-timeout none \(path):4:3")
        #expect(row("max-depth") == "max-depth 5 environment: TAPEDECK_MAX_DEPTH")
        #expect(row("drain") == "drain 9s command line")
        #expect(row("durability") == "durability kernel default")
        #expect(row("record") == "record none default")

        try folder.write("serve:\n  listen: 0:json\n  tls: missing.pem\n", to: "tls.yaml")
        let missing = try await BuiltBinary.run("serve", "--config", folder.path("tls.yaml"), "--check-config")
        #expect(missing.exit == .status(2))
        #expect(missing.complaints.contains(folder.path("missing.pem")), "\(missing)")

        for (setting, complaint) in [
            ("redact-rules: rules.yaml", folder.path("rules.yaml")),
            ("redact-key-env: TAPEDECK_NO_SUCH_KEY", "the environment has no TAPEDECK_NO_SUCH_KEY"),
        ] {
            let text = "serve:\n  listen: 0:json\n  record: tapes/\n  \(setting)\nredact: [defaults]\n"
            let path = try folder.write(text, to: "redact.yaml")
            let run = try await BuiltBinary.run("serve", "--config", path, "--check-config")
            #expect(run.exit != .status(0) && run.complaints.contains(complaint), "\(run)")
        }

        try folder.write("record:\n  listen: 0:json\n  start: server\n", to: "record.yaml")
        let record = try await BuiltBinary.run("record", "--config", folder.path("record.yaml"), "--check-config")
        #expect(record.exit == .status(0), "\(record)")
    }

    @Test("that are wrong end with 2 and their place; wrong options with 64")
    func refusals() async throws {
        let folder = try ScratchFolder()
        let bad = try folder.write("serve:\n  listen: 0:json\n  max-frme: 1MiB\n", to: "bad.yaml")
        let file = try await BuiltBinary.run("serve", "--config", bad, "--check-config")
        #expect(file.exit == .status(2))
        #expect(
            file.complaints.hasPrefix(
                "tapedeck: \(bad):3:3: unknown key \"max-frme\": did you mean \"max-frame\"?"), "\(file)")
        for (setting, reason) in [
            ("max-write-buffer: 0", "1 to 2147483647 bytes are wanted"), ("max-frame: 3GiB", "1 to 2147483647 bytes"),
            ("max-memory: lots", "is no size, such as 64KiB or 1MB"),
        ] {
            let path = try folder.write("serve:\n  listen: 0:json\n  \(setting)\n", to: "size.yaml")
            let size = try await BuiltBinary.run("serve", "--config", path, "--check-config")
            let key = setting.prefix { $0 != ":" }
            #expect(
                size.exit == .status(2) && size.complaints.hasPrefix("tapedeck: \(path):3:3: \"\(key)\": "), "\(size)")
            #expect(size.complaints.contains(reason), "\(size)")
        }
        let none = try await BuiltBinary.run("serve", "--config", folder.path("none.yaml"))
        #expect(none.exit == .status(2))
        #expect(none.complaints.contains("none.yaml: cannot open"), "\(none)")
        let contradiction = try folder.write("serve:\n  listen: 0:json\n  durability: disk\n", to: "c.yaml")
        let usage = try await BuiltBinary.run("serve", "--config", contradiction)
        #expect(usage.exit == .status(64), "\(usage)")
        #expect(usage.complaints.contains("some of these settings come from \(contradiction)"), "\(usage)")
        let variable = try await BuiltBinary.run(["serve"], environment: ["TAPEDECK_MAX_FRAME": "x"])
        #expect(variable.exit == .status(64))
        #expect(variable.complaints.contains("TAPEDECK_MAX_FRAME"), "\(variable)")
    }
}
