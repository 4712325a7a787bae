import Foundation
import TestSupport
import Testing

@Suite("replay against a server that is wrong in one way, from outside")
struct WrongServerTests {
    /// A client that is greeted, asks four times and leaves.
    private static let recording = """
        {"tapedeck":1,"created":"2026-11-24T10:00:00.000000Z","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.001,"s":1,"from":"server","value":{"clientid":50001}}
        {"t":0.002,"s":1,"from":"client","value":{"q":0}}
        {"t":0.003,"s":1,"from":"server","value":{"a":0,"text":"the answer to 0 is as it always was"}}
        {"t":0.004,"s":1,"from":"client","value":{"q":1}}
        {"t":0.005,"s":1,"from":"server","value":{"a":1,"text":"the answer to 1 is as it always was"}}
        {"t":0.006,"s":1,"from":"client","value":{"q":2}}
        {"t":0.007,"s":1,"from":"server","value":{"a":2,"text":"the answer to 2 is as it always was"}}
        {"t":0.106,"s":1,"eof":"client"}
        {"t":0.107,"s":1,"close":"clean"}
        {"t":0.200,"end":{"sessions":1,"messages":7}}

        """

    /// The server, which prints what it is asked and does something else than it should at the second request.
    private static let server = """
        import json, os, socket, struct, sys
        way = sys.argv[2]
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        client, (_, peer) = listener.accept()
        def say(value): client.sendall(json.dumps(value, separators=(',', ':')).encode() + b'\\n')
        say({'clientid': peer})
        for line in client.makefile('rb'):
            number = json.loads(line)['q']
            print('asked for', number, flush=True)
            if number == 2: print('later\\n' * 30, flush=True)
            answer = {'a': number, 'text': f'the answer to {number} is as it always was'}
            if number != 1 or way == 'right': say(answer)
            elif way == 'value': say(answer | {'text': 'the answer to 1 is as it never was'})
            elif way == 'extra': say(answer), say('more')
            elif way == 'half': client.sendall(b'{"a":1,"te')
            elif way == 'close': client.shutdown(socket.SHUT_RDWR)
            elif way == 'reset':
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                os.close(client.detach())
                while True: listener.accept()
            elif way == 'crash': sys.exit('no idea what to do')
        client.close()

        """

    struct Way: Sendable, CustomTestStringConvertible {
        var name: String
        /// What the report must say.
        var phrases: [String]
        var testDescription: String { name }
    }

    @Test(
        "ends with status 1, and a screen names the cause",
        arguments: [
            Way(
                name: "value",
                phrases: [
                    "session 1, line 7: the server's answer differs (- recorded, + now)",
                    "  #1   → {\"q\":1}\n", "✗ $.text\n",
                    "- \"the answer to 1 is as it [-always-] was\"\n",
                    "+ \"the answer to 1 is as it {+never+} was\"\n", "around the first difference:\n",
                    "| asked for 1\n        | asked for 2\n        | later\n",
                ]),
            Way(
                name: "missing",
                phrases: ["line 7: an answer is missing: nothing came within 0.5 s", "2 messages not reached"]),
            Way(name: "extra", phrases: ["the server sent a message that is not in the recording", "+ \"more\"\n"]),
            Way(
                name: "half",
                phrases: [#"line 7: an answer is missing: only b"{\"a\":1,\"te" came within 0.5 s"#]),
            Way(name: "close", phrases: ["line 7: an answer is missing: the server ended the connection"]),
            Way(name: "reset", phrases: ["line 7: an answer is missing: the server reset the connection"]),
            Way(
                name: "crash",
                phrases: ["the server process ended: it exited with status 1", "| no idea what to do\n"]),
        ])
    func wrong(way: Way) async throws {
        let folder = try ScratchFolder()
        try folder.write(Self.recording, to: "a.tape.jsonl")
        try folder.write(Self.server, to: "server.py")
        let run = try await BuiltBinary.run(
            "replay", "a.tape.jsonl", "--timeout", "0.5", "--start", "exec python3 server.py {port} \(way.name)",
            in: folder.path)
        #expect(run.exit == .status(1), "\(run)")
        for phrase in way.phrases { #expect(run.output.contains(phrase), "\(run.output)") }
        #expect(run.output.count { $0 == "\n" } <= 24, "\(run.output)")
    }

    @Test("passes where it is right")
    func right() async throws {
        let folder = try ScratchFolder()
        try folder.write(Self.recording, to: "a.tape.jsonl")
        try folder.write(Self.server, to: "server.py")
        let run = try await BuiltBinary.run(
            "replay", "a.tape.jsonl", "--start", "exec python3 server.py {port} right", in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
    }
}
