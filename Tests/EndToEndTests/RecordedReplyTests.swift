import Foundation
import TestSupport
import Testing

@Suite("serve with the answers of a recording, from outside")
struct RecordedReplyTests {
    @Test("the lab's client is answered as it was when it was recorded, greeting and all, by content")
    func lab() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("lab.tape.jsonl")
        let real = try await BuiltServer.start("serve", listen: ["0:pickle"], ["--quiet", "--record", path])
        let first = try await PythonProgram.run("Examples/lab_client.py", port: real.port)
        #expect(try await real.stop() == .status(0))
        let recorded = try await BuiltServer.start(
            "serve", listen: ["0:pickle"], ["--quiet", "--reply", "recording:\(path)"])
        // But for its own port.
        func conversation(_ outcome: BuiltBinary.Outcome) -> Substring { outcome.output.drop { $0 != "\n" } }
        #expect(first.output.hasPrefix("my id is "))
        for _ in 0..<2 {
            let again = try await PythonProgram.run("Examples/lab_client.py", port: recorded.port)
            #expect(again.exit == .status(0) && conversation(again) == conversation(first), "\(again)")
        }
        // The dict's keys in another order, in another protocol.
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                pickle.load(stream)
                pickle.dump({'values': [0, -1, 2 ** 70, 1.5], 'message': 'numbers'}, stream, protocol=0); stream.flush()
                print(pickle.load(stream))
                """, port: recorded.port)
        #expect(client.output == "{'message': 'numbers', 'values': [0, -1, \(Self.power), 1.5]}\n", "\(client)")
        #expect(try await recorded.stop() == .status(0))
    }

    private static let power = "1180591620717411303424"

    @Test(
        "a message that was not recorded is told of with the nearest one; the session goes on, or ends if that is asked for"
    )
    func unmatched() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0.000000,"s":1,"open":{"port":1,"peer":"127.0.0.1:2"}}
            {"t":0.000001,"s":1,"from":"client","value":{"do":"add","number":1}}
            {"t":0.000002,"s":1,"from":"server","value":"added"}

            """, to: "a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,reply=recording:\(path)", "0:json,reply=recording:\(path),unmatched=close"])
        let client = """
            stream = connect().makefile('rwb')
            stream.write(b'{"do":"add","number":2}\\n{"number":1, "do":"add"}\\n'); stream.flush()
            print(stream.readline())
            """
        let kept = try await PythonProgram.run(text: client, port: server.ports[0])
        #expect(kept.output == "b'\"added\"\\n'\n", "\(kept)")
        let closed = try await PythonProgram.run(text: client, port: server.ports[1])
        #expect(closed.output == "b''\n", "\(closed)")
        #expect(try await server.stop() == .status(0))
        let expected =
            "no message of \(path) is like this one; the nearest, in line 3: {\"do\":\"add\",\"number\":1}"
        #expect(server.program.complaints.components(separatedBy: expected).count == 3, "\(server.program.complaints)")
    }

    @Test("a recording that cannot answer is refused with the reason")
    func refused() async throws {
        let folder = try ScratchFolder()
        let lost = try await BuiltBinary.run("serve", "--listen", "0:json", "--reply", "recording:\(folder.path("no"))")
        #expect(lost.exit == .status(2))
        #expect(lost.complaints.contains(folder.path("no")), "\(lost)")
        let other = try await BuiltBinary.run(
            "serve", "--listen", "0:json", "--reply", "recording:captures/pickle/chat/chat.tape.jsonl",
            in: PythonProgram.root)
        #expect(other.exit == .status(2))
        #expect(other.complaints.contains("holds no session in json/lines; its ports speak pickle/stream"), "\(other)")
    }
}
