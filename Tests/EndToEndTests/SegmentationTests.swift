import Foundation
import TestSupport
import Testing

@Suite("Replay with --segment, from outside")
struct SegmentationTests {
    /// Servers that answer a message with itself, and read in one of several ways.
    private static let server = """
        import json, pickle, socket, struct, sys, threading
        port, way = int(sys.argv[1]), sys.argv[2]
        def exactly(c, n):
            got = b''
            while len(got) < n:
                part = c.recv(n - len(got))
                if not part: raise EOFError
                got += part
            return got
        def serve(c):
            try:
                while True:
                    if way == 'one recv':
                        data = c.recv(4096)
                        if not data: break
                        c.sendall(pickle.dumps(pickle.loads(data), 4))
                    elif way == 'lines':
                        for line in c.makefile('rb'): c.sendall(line)
                        break
                    elif way == 'last line':
                        for line in iter(lambda: c.recv(4096), b''):
                            while not line.endswith(b'\\n'): line += c.recv(4096)
                            c.sendall(line[:-1].split(b'\\n')[-1] + b'\\n')
                        break
                    elif way == 'text file':
                        stream = c.makefile('rw', newline='\\n')
                        for line in stream:
                            stream.write(line)
                            stream.flush()
                        break
                    elif way == 'exact':
                        size = exactly(c, 4)
                        c.sendall(size + exactly(c, struct.unpack('!I', size)[0]))
                    elif way == 'length in one recv':
                        size = c.recv(4)
                        if not size: break
                        c.sendall(size + exactly(c, struct.unpack('!I', size)[0]))
                    elif way == 'wrong':
                        for line in c.makefile('rb'): c.sendall(b'0\\n')
                        break
            except (EOFError, OSError, struct.error, pickle.UnpicklingError) as error:
                print(repr(error), flush=True)
            c.close()
        listener = socket.create_server(('127.0.0.1', port))
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        """

    private func run(_ way: String, _ codec: String, _ segment: String) async throws -> BuiltBinary.Outcome {
        let folder = try ScratchFolder()
        try folder.write(Self.server, to: "server.py")
        let form = codec.hasPrefix("raw") ? "text" : "value"
        var lines = [
            #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"\#(codec)"}]}"#,
            #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#,
        ]
        for number in 1...4 {
            for side in ["client", "server"] {
                lines.append(#"{"t":\#(number),"s":1,"from":"\#(side)","\#(form)":"number \#(number)"}"#)
            }
        }
        lines += [#"{"t":9,"s":1,"eof":"client"}"#, #"{"t":9,"s":1,"close":"clean"}"#]
        try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        return try await BuiltBinary.run(
            "replay", "--segment", segment, "--timeout", "3s", "--start", "exec python3 server.py {port} '\(way)'",
            in: folder.path)
    }

    @Test(
        "servers that read as they should pass in all ways",
        arguments: [("lines", "json/lines"), ("exact", "raw/u32be")])
    func right(way: String, codec: String) async throws {
        let run = try await run(way, codec, "matrix")
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("sent in 6 ways: whole, bytes, coalesce, random:1, random:2, random:3\n"), "\(run)")
    }

    @Test("the servers of Examples/ read every recording of captures/ in all ways")
    func captures() async throws {
        let run = try await BuiltBinary.run(
            "replay", "captures/", "-j", "2", "--segment", "matrix", in: PythonProgram.root)
        #expect(run.exit == .status(0), "\(run)")
        #expect(!run.output.contains("FAIL"), "\(run)")
    }

    @Test("a server that loses what it read ahead when it writes, as a Python text file does, is found")
    func readAhead() async throws {
        let run = try await run("text file", "json/lines", "coalesce")
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("answers change when two messages arrive in one read"), "\(run)")
    }

    @Test("a server that takes one recv for one message is told so, for pieces and for two in one read")
    func oneReceive() async throws {
        let run = try await run("one recv", "pickle/stream", "matrix")
        #expect(run.exit == .status(1), "\(run)")
        #expect(
            run.output.contains(
                "answers change when a message arrives in pieces: the server assumes that one recv is a whole message"),
            "\(run)")
        #expect(
            run.output.contains("shortest case: message 1 of session 1 (line 3), cut after byte 1 (found by bytes)"),
            "\(run)")
        #expect(
            run.output.contains(
                "answers change when two messages arrive in one read: the server assumes that one recv is one message"),
            "\(run)")
        #expect(
            run.output.contains(
                "message 2 of session 1 (line 5), in one read with the one before it (found by coalesce)"), "\(run)")
    }

    @Test("a server that takes all lines of a recv for one is told so, and pieces do it no harm")
    func lastLine() async throws {
        let run = try await run("last line", "json/lines", "matrix")
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("answers change when two messages arrive in one read"), "\(run)")
        #expect(!run.output.contains("arrives in pieces"), "\(run)")
    }

    @Test("a server that expects its length in one recv is told so")
    func length() async throws {
        let run = try await run("length in one recv", "raw/u32be", "bytes")
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("the server assumes that one recv gives all of it"), "\(run)")
    }

    @Test("an answer that is wrong anyhow is not blamed on the segmentation")
    func wrong() async throws {
        let run = try await run("wrong", "json/lines", "random:5")
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("how the bytes are cut is not the cause"), "\(run)")
        #expect(run.output.contains("random:5 (FAIL)"), "\(run)")
    }

    @Test("random alone picks a seed and names it; another way is wrong usage")
    func seeds() async throws {
        let picked = try await run("lines", "json/lines", "random")
        #expect(picked.exit == .status(0), "\(picked)")
        #expect(picked.output.contains(/sent in one way: random:[0-9]+\n/), "\(picked)")
        let wrong = try await BuiltBinary.run("replay", "--segment", "random:x")
        #expect(wrong.exit == .status(64), "\(wrong)")
        #expect(wrong.complaints.contains("there are whole, bytes, coalesce, random, random:SEED and matrix"))
    }
}
