import Foundation
import TestSupport
import Testing

@Suite("show --follow, from outside")
struct ShowFollowTests {
    private static let greetings = """
        stream = connect().makefile('rwb')
        for number in range(int(sys.argv[2])):
            stream.write(b'{"n":%d}\\n' % number); stream.flush()
            assert stream.readline() == b'{"n":%d}\\n' % number

        """

    private static func talk(_ server: BuiltServer, _ count: Int) async throws {
        let client = try PythonProgram.start(text: greetings, port: server.port, [String(count)])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
    }

    @Test(
        "shows a recording while it is written, before it is there until its end",
        arguments: ["a.tape.jsonl", "a.tape.jsonl.zst"])
    func live(name: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(name)
        let show = try BuiltBinary.start(["show", "--follow", path, "--no-times"])
        try await show.waitForText("no recording is there yet: waiting for it")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        try await Self.talk(server, 3)
        try await show.waitForText("#1   ← {\"n\":2}")
        #expect(!show.output.contains("end of the recording"))
        try await Self.talk(server, 1)
        try await show.waitForText("#2   → {\"n\":0}")
        #expect(try await server.stop() == .status(0))
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        // All of it, once.
        let shown = try await BuiltBinary.run("show", path, "--no-times")
        #expect(show.output == shown.output)
    }

    @Test("goes on in the files that a recorder rotates to, and ends with the last")
    func rotated() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let show = try BuiltBinary.start(["show", "--follow", path, "--no-times", "--from", "client"])
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--rotate", "4KiB"])
        try await Self.talk(server, 500)
        #expect(try await server.stop() == .status(0))
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        let messages = show.output.split(separator: "\n").filter { $0.contains("→") }
        #expect(messages.map(String.init) == (0..<500).map { "#1   → {\"n\":\($0)}" })
        #expect(show.complaints.contains("a.0002.tape.jsonl: goes on from \(path)"), "\(show.complaints)")
    }

    @Test("follows a recording that logrotate moves away")
    func movedAway() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let show = try BuiltBinary.start(["show", "--follow", path, "--no-times"])
        try await Self.talk(server, 1)
        try await show.waitForText("#1     closed")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        try await Self.talk(server, 1)
        try await show.waitForText("#2     closed")
        server.program.signal(SIGHUP)
        try await show.waitForText("another file stands here now")
        try await Self.talk(server, 1)
        #expect(try await server.stop() == .status(0))
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        for session in 1...3 {
            #expect(show.output.components(separatedBy: "#\(session)   → {\"n\":0}").count == 2, "\(show.output)")
        }
    }

    @Test("shows the sessions of a folder as they come, each under the name of its file; Ctrl-C ends it with status 0")
    func folder() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("sessions") + "/"
        let show = try BuiltBinary.start(["show", "--follow", path, "--no-times"])
        try await show.waitForText("\(path): no folder is there yet: waiting for it")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        try await Self.talk(server, 2)
        try await show.waitForText("#1     closed")
        try await Self.talk(server, 2)
        try await show.waitForText("#2     closed")
        let headings = show.output.split(separator: "\n").filter { $0.hasPrefix("==> ") }
        #expect(headings.count == 2 && headings.allSatisfy { $0.hasSuffix(".tape.jsonl <==") }, "\(show.output)")
        #expect(try await server.stop() == .status(0))
        show.signal(SIGINT)
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        #expect(show.complaints.split(separator: "\n").count == 1, "\(show.complaints)")
    }

    @Test("shows nothing twice when a recording of a followed folder is renamed in it, and what takes its place")
    func renamed() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let show = try BuiltBinary.start(["show", "--follow", folder.path + "/", "--no-times"])
        try await Self.talk(server, 1)
        try await show.waitForText("#1     closed")
        try FileManager.default.moveItem(atPath: path, toPath: folder.path("a.1.tape.jsonl"))
        server.program.signal(SIGHUP)
        try await show.waitForText("another file stands here now")
        try await Self.talk(server, 1)
        try await show.waitForText("#2     closed")
        #expect(try await server.stop() == .status(0))
        // A recording that begins later is seen behind a look at the folder.
        let later = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", folder.path("b.tape.jsonl"), "--quiet"])
        try await Self.talk(later, 3)
        try await show.waitForText("{\"n\":2}")
        show.signal(SIGINT)
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        for session in 1...2 {
            #expect(
                show.output.components(separatedBy: "#\(session)   → {\"n\":0}").count == (session == 1 ? 3 : 2),
                "\(show.output)")
        }
    }

    @Test("gives --stats and --raw as they come, too")
    func otherForms() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let statistics = try BuiltBinary.start(["show", "-f", path, "--stats", "--format", "json"])
        let raw = try BuiltBinary.start(["show", "-f", path, "--raw", "--from", "server"])
        try await Self.talk(server, 3)
        try await statistics.waitForText("\"session\":1")
        try await raw.waitForText("{\"n\":2}\n")
        #expect(!statistics.output.contains("total"))
        statistics.signal(SIGTERM)
        #expect(try await statistics.exit() == .status(0))
        #expect(statistics.output.contains("{\"total\":{\"sessions\":1,"), "\(statistics.output)")
        #expect(try await server.stop() == .status(0))
        #expect(try await raw.exit() == .status(0))
        #expect(raw.output == "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n")
    }

    @Test("goes on with the others where one of several is no recording, and ends with status 2")
    func foreign() async throws {
        let folder = try ScratchFolder()
        let lines = try String(contentsOfFile: PythonProgram.root + "/captures/json/lines.tape.jsonl", encoding: .utf8)
        let good = try folder.write(lines, to: "good.tape.jsonl")
        let bad = try folder.write("Dear reader,\n", to: "bad.tape.jsonl")
        let shown = try await BuiltBinary.run("show", "--follow", bad, good)
        #expect(shown.exit == .status(2))
        #expect(shown.complaints.contains("\(bad):1: is no recording"), "\(shown)")
        #expect(shown.output.hasPrefix("==> \(good) <==\n") && shown.output.hasSuffix("end of the recording\n"))
    }

    @Test("ends when nobody reads it any more")
    func closedPipe() async throws {
        let folder = try ScratchFolder()
        let lines = try String(contentsOfFile: PythonProgram.root + "/captures/json/lines.tape.jsonl", encoding: .utf8)
            .split(separator: "\n").dropLast()
        let path = try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        let run = try RunningProgram(
            "/bin/sh",
            ["-c", "{ \"$0\" show --follow \"$1\"; echo status $? >&2; } | head -n 1", BuiltBinary.path, path])
        #expect(try await run.exit() == .status(0))
        #expect(run.complaints == "status 0\n")
    }

    @Test("shows all recordings of a folder that holds more of them than files may be open, and what is added to each")
    func manyFiles() async throws {
        let folder = try ScratchFolder()
        let lines = try String(contentsOfFile: PythonProgram.root + "/captures/json/lines.tape.jsonl", encoding: .utf8)
            .split(separator: "\n")
        let begun = lines.prefix(2).joined(separator: "\n") + "\n"
        for number in 0..<100 { try folder.write(begun, to: "sessions/\(1_000 + number).tape.jsonl") }
        let show = try RunningProgram(
            "/bin/sh",
            ["-c", "ulimit -n 40; exec \"$0\" show --follow \"$1\"", BuiltBinary.path, folder.path("sessions")])
        func heading(_ number: Int) -> String { "/sessions/\(number).tape.jsonl <==" }
        try await show.waitForText(heading(1_099))
        for number in [1_000, 1_050, 1_099, 1_000] {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("sessions/\(number).tape.jsonl")))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"t":9,"s":1,"from":"client","value":"more \#(number)"}"#.utf8 + [10]))
            try await show.waitForText("more \(number)")
        }
        show.signal(SIGINT)
        #expect(try await show.exit() == .status(0), "\(show.complaints)")
        for number in 0..<100 { #expect(show.output.contains(heading(1_000 + number))) }
        #expect(show.complaints.isEmpty, "\(show.complaints)")
    }

    @Test("of what can never be there is refused, as a file and as a folder", arguments: ["/a.tape.jsonl", "/", "/b/"])
    func impossible(name: String) async throws {
        let folder = try ScratchFolder()
        let path = try folder.write("text", to: "file")
        let shown = try await BuiltBinary.run("show", "--follow", path + name)
        #expect(shown.exit == .status(2))
        #expect(shown.complaints.contains("\(path)\(name): can never be there: "), "\(shown)")
    }
}
