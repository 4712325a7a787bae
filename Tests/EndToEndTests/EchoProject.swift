import Foundation
import TestSupport

/// A folder with recordings of a server that answers each line with the same line, and that server.
///
/// A client that says `"wrong"` is answered wrongly, one that says `"flaky"` the first time alone, one that says `"hang"`
/// never, one that says `"stuck"` wrongly the first time and then never, and `"crash"` ends the server.
struct EchoProject {
    let folder: ScratchFolder

    private static let server = """
        import os, socket, sys, threading, time
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        def answer(line):
            if line == b'"hang"\\n': time.sleep(1000)
            if line == b'"crash"\\n': os._exit(3)
            if line == b'"wrong"\\n': return b'"false"\\n'
            if line == b'"stuck"\\n' and os.path.exists('once'): time.sleep(1000)
            if line in (b'"flaky"\\n', b'"stuck"\\n') and not os.path.exists('once'):
                open('once', 'w').close()
                return b'"false"\\n'
            return line
        def serve(connection):
            for line in connection.makefile('rb'): connection.sendall(answer(line))
            connection.close()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

        """

    /// - Parameter recordings: what the client of each says.
    init(_ recordings: [String: String]) throws {
        folder = try ScratchFolder()
        try folder.write(Self.server, to: "server.py")
        try folder.write(
            "replay:\n  start: echo $$ >> started; exec python3 server.py {port}\n  settle: 10ms\n", to: "tapedeck.yaml"
        )
        for (name, text) in recordings { try folder.write(Self.recording(saying: text), to: name + ".tape.jsonl") }
    }

    static func recording(saying text: String, seconds: Int = 2) -> String {
        """
        {"tapedeck":1,"created":"2026-01-01T00:00:00.000000Z","tool":"a test","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":1,"s":1,"from":"client","value":"\(text)"}
        {"t":1,"s":1,"from":"server","value":"\(text)"}
        {"t":\(seconds),"s":1,"eof":"client"}
        {"t":\(seconds),"s":1,"close":"clean"}
        {"t":\(seconds),"end":{"sessions":1,"messages":2}}

        """
    }

    /// Runs `tapedeck replay` there.
    func replay(_ arguments: String..., environment: [String: String] = [:]) async throws -> BuiltBinary.Outcome {
        try await BuiltBinary.run(["replay"] + arguments, in: folder.path, environment: environment)
    }

    /// Servers that were started.
    var servers: [Int32] { (folder.text("started") ?? "").split(separator: "\n").compactMap { Int32($0) } }
}
