import Foundation
import TestSupport
import Testing

@Suite("serve with faults, from outside")
struct FaultTests {
    /// Serves an echo of JSON lines with these faults, runs the client, and gives what it printed and what was recorded from
    /// the open of the session on, without times.
    private static func run(
        _ faults: String, codec: String = "json", client: String
    ) async throws -> (output: String, lines: [String], complaints: String) {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(codec),greet=none,\(faults)"], ["--record", folder.path("a.tape.jsonl")])
        let run = try await PythonProgram.run(text: client, port: server.port)
        #expect(run.exit == .status(0), "\(run)")
        #expect(try await server.stop() == .status(0))
        let lines = (folder.text("a.tape.jsonl") ?? "").split(separator: "\n").dropFirst(2).dropLast()
            .map { "{" + $0.drop { $0 != "," }.dropFirst() }
        return (run.output, lines, server.program.complaints)
    }

    private static let sendFour = """
        connection = connect()
        connection.sendall(b'1\\n"two"\\n3\\n4\\n')
        connection.shutdown(socket.SHUT_WR)
        print(rest(connection))
        """

    @Test("drops and doubles answers, and what was sent is what is recorded")
    func dropAndDuplicate() async throws {
        let (output, lines, complaints) = try await Self.run(
            "fault=drop@2,fault=duplicate@$=4", client: Self.sendFour)
        #expect(output == "b'1\\n3\\n4\\n4\\n'\n")
        #expect(
            lines == [
                #"{"s":1,"from":"client","value":1}"#, #"{"s":1,"from":"server","value":1}"#,
                #"{"s":1,"from":"client","value":"two"}"#, #"{"s":1,"from":"client","value":3}"#,
                #"{"s":1,"from":"server","value":3}"#, #"{"s":1,"from":"client","value":4}"#,
                #"{"s":1,"from":"server","value":4}"#, #"{"s":1,"from":"server","value":4}"#,
                #"{"s":1,"eof":"client"}"#,
                #"{"s":1,"close":"clean"}"#,
            ])
        #expect(complaints.contains("fault drop@2: an answer of 6 bytes"), "\(complaints)")
        #expect(complaints.contains("fault duplicate@$=4: an answer of 2 bytes"))
    }

    @Test("cuts an answer short and ends the connection")
    func truncate() async throws {
        let (output, lines, _) = try await Self.run("fault=truncate:3@\"two\"", client: Self.sendFour)
        #expect(output == "b'1\\n\"tw'\n")
        #expect(
            lines.contains(
                #"{"s":1,"from":"server","base64":"InR3","error":"changed as fault truncate:3@\"two\" asks"}"#))
        #expect(lines.last == #"{"s":1,"close":"error","by":"server","reason":"fault truncate:3@\"two\""}"#)
    }

    @Test("cuts an answer down to nothing, which is no message then")
    func truncateToNothing() async throws {
        let (output, lines, _) = try await Self.run("fault=truncate:0@\"two\"", client: Self.sendFour)
        #expect(output == "b'1\\n'\n")
        #expect(lines.filter { $0.contains("\"from\":\"server\"") } == [#"{"s":1,"from":"server","value":1}"#])
        #expect(lines.last == #"{"s":1,"close":"error","by":"server","reason":"fault truncate:0@\"two\""}"#)
    }

    @Test("turns a bit over, the same one for the same seed")
    func corrupt() async throws {
        let client = """
            connection = connect()
            connection.sendall(b'\\x00\\x00\\x00\\x04abcd')
            answer = exactly(connection, 8)
            print(sum(bin(a ^ b).count('1') for a, b in zip(answer, b'\\x00\\x00\\x00\\x04abcd')), answer)
            """
        let first = try await Self.run("fault=corrupt", codec: "raw", client: client)
        let again = try await Self.run("fault=corrupt", codec: "raw", client: client)
        let other = try await Self.run("fault=corrupt,fault-seed=7", codec: "raw", client: client)
        #expect(first.output.hasPrefix("1 "))
        #expect(again.output == first.output)
        #expect(other.output.hasPrefix("1 ") && other.output != first.output)
        #expect(
            first.lines.contains {
                $0.contains("\"from\":\"server\",\"base64\"") && $0.contains("\"error\":\"changed as")
            })
    }

    @Test("closes or resets behind an answer", arguments: [("close", "closed"), ("reset", "reset")])
    func end(fault: String, end: String) async throws {
        let (output, lines, _) = try await Self.run(
            "fault=\(fault)@2",
            client: """
                connection = connect()
                connection.sendall(b'1\\n2\\n3\\n')
                print(exactly(connection, 4))
                try: print('closed' if connection.recv(10) == b'' else 'more')
                except ConnectionResetError: print('reset')
                """)
        #expect(output == "b'1\\n2\\n'\n\(end)\n")
        #expect(
            lines.last?.hasPrefix(#"{"s":1,"close":"\#(fault == "close" ? "error" : "reset")","by":"server""#) == true)
    }

    @Test("sends nothing that it held back behind an answer that ends the connection", arguments: ["close", "reset"])
    func endBehindDelay(fault: String) async throws {
        // Many are due at the same moment.
        let (output, lines, _) = try await Self.run(
            "delay=200ms,fault=\(fault)@2",
            client: """
                connection = connect()
                connection.sendall(b'1\\n2\\n' + b'3\\n' * 500)
                print(exactly(connection, 4))
                try: print(connection.recv(10))
                except ConnectionResetError: print(b'')
                """)
        #expect(output == "b'1\\n2\\n'\nb''\n")
        #expect(lines.filter { $0.contains("\"from\":\"server\"") }.count == 2, "\(lines.suffix(5))")
    }

    @Test("resets also who has said by then that it sends no more")
    func resetBehindEnd() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none,fault=reset@2"], ["--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import os, signal
                # Asleep, it gets the messages and the end of all of them at once.
                os.kill(\(server.program.processID), signal.SIGSTOP)
                connections = [connect() for _ in range(50)]
                for connection in connections:
                    connection.sendall(b'1\\n2\\n3\\n')
                    connection.shutdown(socket.SHUT_WR)
                os.kill(\(server.program.processID), signal.SIGCONT)
                def is_reset(connection):
                    try:
                        while connection.recv(100): pass
                        return False
                    except ConnectionResetError: return True
                print(sum(is_reset(connection) for connection in connections))
                """, port: server.port)
        #expect(client.output == "50\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    @Test(
        "delays answers in their order, also those of a client that has said it sends no more, and of a server that ends"
    )
    func delay() async throws {
        let (output, lines, _) = try await Self.run("delay=1ms-30ms,fault=delay:50ms@1", client: Self.sendFour)
        #expect(output == "b'1\\n\"two\"\\n3\\n4\\n'\n")
        // All were asked before the first was answered.
        #expect(lines.prefix(4).allSatisfy { $0.contains("\"from\":\"client\"") }, "\(lines)")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none,delay=300ms"], ["--drain", "60s"])
        let client = try PythonProgram.start(
            text: "connection = connect()\nconnection.sendall(b'1\\n')\nprint(rest(connection))", port: server.port)
        try await server.program.waitForText("fault delay:300ms: an answer of 2 bytes")
        #expect(try await server.stop() == .status(0))
        #expect(try await client.exit() == .status(0))
        #expect(client.output == "b'1\\n'\n")
    }

    @Test("a client that sends on while its answers are delayed is stopped, in bounded memory")
    func flood() async throws {
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw,delay=1000s"], ["--quiet", "--drain", "100ms"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.settimeout(0.5)
                message, sent = struct.pack('>I', 50000) + b'x' * 50000, 0
                try:
                    while sent < 400_000_000: sent += connection.send(message)
                except TimeoutError: pass
                print(sent < 100_000_000)
                """, port: server.port)
        #expect(client.output == "True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("a relay has none, and says why")
    func relay() async throws {
        for setting in ["fault=drop", "delay=1s", "fault-seed=1"] {
            let run = try await BuiltBinary.run("serve", "--listen", "0:json,to=127.0.0.1:1,\(setting)")
            #expect(run.exit == .status(64))
            #expect(run.complaints.contains("a relay passes every byte at once and unchanged"), "\(run)")
        }
    }
}
