import Foundation
import TestSupport
import Testing

@Suite("Faults that change while serve runs, from outside")
struct ReloadTests {
    /// A server with a project file, and a client that prints each line that it is sent.
    private struct Conversation {
        let folder: ScratchFolder
        let server: RunningProgram
        private let client: RunningProgram
        private let words: FileHandle

        init(_ settings: String, options: [String] = []) async throws {
            let folder = try ScratchFolder()
            self.folder = folder
            let path = try folder.write(settings, to: "tapedeck.yaml")
            server = try BuiltBinary.start(
                ["serve", "--config", path, "--port-file", folder.path("ports")] + options)
            let ports = try await server.wait(for: "ports") { folder.text("ports") }
            let port = ports.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) }
            mkfifo(folder.path("words"), 0o600)
            client = try PythonProgram.start(
                text: """
                    connection = connect()
                    def listen():
                        for line in connection.makefile('rb'): print(json.loads(line), flush=True)
                    listener = threading.Thread(target=listen)
                    listener.start()
                    for line in open(sys.argv[2], 'rb'): connection.sendall(line)
                    connection.shutdown(socket.SHUT_WR)
                    listener.join()
                    """, port: try #require(port), [folder.path("words")])
            words = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("words")))
        }

        func send(_ word: String) throws { try words.write(contentsOf: Data("\"\(word)\"\n".utf8)) }

        /// Sends a word, and waits until the client has been answered so often.
        func send(_ word: String, answers: Int) async throws {
            try send(word)
            try await client.wait(for: "\(answers) of \(word)") {
                client.output.components(separatedBy: word + "\n").count > answers ? () : nil
            }
        }

        /// Has the file read again with this in it, and waits until the server says so.
        func reload(_ settings: String, _ message: String) async throws {
            try folder.write(settings, to: "tapedeck.yaml")
            server.signal(SIGHUP)
            try await server.waitForText(message)
        }

        /// The client has no more to say; gives the words that it was answered.
        func end() async throws -> [Substring] {
            try words.close()
            #expect(try await client.exit() == .status(0), "\(client.complaints)")
            server.signal(SIGTERM)
            #expect(try await server.exit() == .status(0), "\(server.complaints)")
            return client.output.split(separator: "\n")
        }
    }

    private static let plain = "serve:\n  listen: 0:json,greet=none\n"

    @Test("a client that stays connected sees them come, change and go")
    func comeAndGo() async throws {
        let conversation = try await Conversation(Self.plain)
        try await conversation.send("one", answers: 1)
        try await conversation.reload(Self.plain + "  fault: duplicate@2\n", "faults from now on: duplicate@2")
        // Counted from when they came.
        try await conversation.send("two", answers: 1)
        try await conversation.send("three", answers: 2)
        try await conversation.reload(
            "serve:\n  listen: '0:json,greet=none,delay=1ms,fault=drop@\"lost\"'\n",
            "faults from now on: delay:1ms, drop@\"lost\"")
        try conversation.send("lost")
        try await conversation.send("four", answers: 1)
        try await conversation.reload(Self.plain, "no faults from now on")
        try await conversation.send("lost no more", answers: 1)
        #expect(try await conversation.end() == ["one", "two", "three", "three", "four", "lost no more"])
    }

    @Test("a file with a mistake is told of with its line, and changes nothing")
    func mistake() async throws {
        let conversation = try await Conversation(Self.plain + "  fault: duplicate\n")
        let path = conversation.folder.path("tapedeck.yaml")
        for (settings, complaint) in [
            (Self.plain + "  fault: dorp\n", "\(path):3:10: \"fault\": fault \"dorp\""),
            ("serve: [\n", "\(path):2:1: is no YAML"),
            (
                "serve:\n  listen: 0:json,to=127.0.0.1:1,greet=none\n  fault: drop\n",
                "\(path): a relay passes every byte"
            ),
            ("", "\(path): no port"),
        ] {
            try await conversation.reload(settings, complaint)
        }
        try FileManager.default.removeItem(atPath: path)
        conversation.server.signal(SIGHUP)
        try await conversation.server.waitForText("\(path): cannot open")
        #expect(conversation.server.complaints.components(separatedBy: "; the settings stay as they are\n").count == 6)
        try await conversation.send("one", answers: 2)
        #expect(try await conversation.end() == ["one", "one"])
    }

    @Test("what has to wait for the next start is named, with what counts until then; an option counts before the file")
    func later() async throws {
        let conversation = try await Conversation(
            "serve:\n  listen: ['0:json,greet=none', 0:raw]\n  max-frame: 1MiB\n", options: ["--fault", "duplicate"])
        let path = conversation.folder.path("tapedeck.yaml")
        try await conversation.reload(
            """
            serve:
              listen: ['0:json,greet=none,reply=ack,fault=close@3', 0:raw, 127.0.0.1:1:json]
              max-frame: 2MiB
              fault: drop
              quiet: true
            redact: [defaults]
            """, "faults from now on")
        try await conversation.server.waitForText("redact: the rules")
        let complaints = conversation.server.complaints
        for text in [
            "faults from now on: duplicate, close@3\n",
            "listen: 127.0.0.1:0:json/lines,greet=none,reply=ack (\(path):2:3) counts from the next start; "
                + "until then 127.0.0.1:0:json/lines,greet=none\n",
            "listen: 127.0.0.1:1:json/lines (\(path):2:3) is listened on from the next start\n",
            "max-frame: 2MiB (\(path):3:3) counts from the next start; until then 1MiB\n",
            "quiet: true (\(path):5:3) counts from the next start; until then false\n",
        ] {
            #expect(complaints.contains(text), "\(text) in \(complaints)")
        }
        #expect(!complaints.contains("fault: drop"))
        try await conversation.send("one", answers: 2)
        try await conversation.reload("serve:\n  listen: [0:raw]\n", "is there no more")
        #expect(conversation.server.complaints.contains("listen: 127.0.0.1:0:raw/u32be is there no more"))
        #expect(try await conversation.end() == ["one", "one"])
    }

    @Test("answers that are held back when they change keep their own, and their place")
    func heldBack() async throws {
        let conversation = try await Conversation(Self.plain + "  delay: 300ms\n")
        try conversation.send("held")
        try await conversation.server.waitForText("fault delay:300ms: an answer")
        try await conversation.reload(Self.plain + "  fault: duplicate\n", "faults from now on: duplicate")
        try conversation.send("behind it")
        #expect(try await conversation.end() == ["held", "behind it", "behind it"])
    }

    @Test("many signals at once cut nobody off, and the last file counts")
    func many() async throws {
        let recordings = try ScratchFolder()
        let conversation = try await Conversation(
            Self.plain, options: ["--record", recordings.path("a.tape.jsonl")])
        for _ in 0..<50 { conversation.server.signal(SIGHUP) }
        try await conversation.send("one", answers: 1)
        try await conversation.reload(Self.plain + "  fault: duplicate\n", "faults from now on: duplicate")
        try await conversation.send("two", answers: 2)
        #expect(try await conversation.end() == ["one", "two", "two"])
    }
}
