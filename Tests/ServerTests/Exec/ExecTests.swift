import Codecs
import Foundation
import Recorder
import Server
import Testing

@Suite("A port that a child answers")
struct ExecTests {
    /// A child in Python that does `body` with each `event`; `say(session, …)` writes an answer.
    private static func child(_ body: String) -> PortConfiguration.Reply {
        let text = """
            import json, os, sys, time
            def say(session, **message): print(json.dumps({'session': session, **message}), flush=True)
            for line in sys.stdin:
                event = json.loads(line)
                session, kind, value = event['session'], event['event'], event.get('value')
            """
        let program = text + "\n" + body.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        return .exec(command: "python3 -c '\(program.replacing("'", with: "'\\''"))'")
    }

    @Test("tells the child of opens, messages and closes, and sends what it answers, in the recording's order")
    func conversation() async throws {
        let server = try await TestServer.start(
            "json/lines",
            reply: Self.child(
                """
                if kind == 'open': say(session, value=['hello', event['port'], event['peer']])
                elif kind == 'message': say(session, value={'got': value}, close=value == 'bye')
                """))
        let client = try LoopbackClient(port: server.port)
        let clientPort = client.localPort
        let hello = "[\"hello\", \(server.port), \"127.0.0.1:\(clientPort)\"]"
        #expect(await client.read(hello.utf8.count + 1) == Array((hello + "\n").utf8))
        try await client.send(Array("1\n\"bye\"\n".utf8))
        #expect(await client.readToEnd() == (Array("{\"got\": 1}\n{\"got\": \"bye\"}\n".utf8), .closed))
        client.close()
        _ = await server.observer.until { $0.closed[1] != nil }
        #expect(
            try await server.stop() == [
                #"{"s":1,"open":{"port":\#(server.port),"peer":"127.0.0.1:\#(clientPort)"}}"#,
                #"{"s":1,"from":"server","value":\#(hello)}"#, #"{"s":1,"from":"client","value":1}"#,
                #"{"s":1,"from":"client","value":"bye"}"#, #"{"s":1,"from":"server","value":{"got": 1}}"#,
                #"{"s":1,"from":"server","value":{"got": "bye"}}"#, #"{"s":1,"eof":"server"}"#,
                #"{"s":1,"close":"clean"}"#,
            ])
        #expect(server.observer.all.serverProblems == [])
    }
}
