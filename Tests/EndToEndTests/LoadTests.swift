import Foundation
import TestSupport
import Testing

@Suite("load, from outside")
struct LoadTests {
    /// An asyncio server that answers with a new token for each session; what it does besides is a line of Python, in
    /// which `count` is the number of the request, from 1, over all connections.
    private static func server(_ more: String = "pass") -> String {
        """
        import asyncio, json, os, secrets, sys, time
        count = 0
        async def serve(reader, writer):
            global count
            try:
                token = secrets.token_hex(8)
                writer.write(json.dumps({'token': token}).encode() + b'\\n')
                while line := await reader.readline():
                    m = json.loads(line)
                    count += 1
                    answer = {'n': m['n'], 'ok': m['token'] == token}
                    \(more)
                    writer.write(json.dumps(answer).encode() + b'\\n')
                    await writer.drain()
            except ConnectionError:
                pass
            finally:
                writer.close()
        async def main():
            server = await asyncio.start_server(serve, '127.0.0.1', 0)
            print('listening on port %d' % server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()
        asyncio.run(main())

        """
    }

    /// One session with so many requests.
    private static func recording(requests: Int) -> String {
        var lines = [
            #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#,
            #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#,
            #"{"t":0,"s":1,"from":"server","value":{"token":"0f83ab6612cd9e47"}}"#,
        ]
        for number in 0..<requests {
            lines.append(#"{"t":1,"s":1,"from":"client","value":{"n":\#(number),"token":"0f83ab6612cd9e47"}}"#)
            lines.append(#"{"t":1,"s":1,"from":"server","value":{"n":\#(number),"ok":true}}"#)
        }
        lines += [
            #"{"t":2,"s":1,"eof":"client"}"#, #"{"t":2,"s":1,"close":"clean"}"#,
            #"{"t":2,"end":{"sessions":1,"messages":\#(requests * 2 + 1)}}"#,
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func load(
        _ requests: Int, _ more: String = "pass", _ options: String...
    ) async throws -> BuiltBinary.Outcome {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording(requests: requests), to: "a.tape.jsonl")
        let server = try await PythonServer.start(text: Self.server(more))
        return try await BuiltBinary.run(["load", path, "--target", "127.0.0.1:\(server.port)"] + options)
    }

    /// What JSON says.
    private func report(_ run: BuiltBinary.Outcome) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run)")
    }

    private func number(_ report: [String: Any], _ keys: String...) -> Double {
        var value: Any = report
        for key in keys { value = (value as? [String: Any])?[key] ?? 0 }
        return (value as? NSNumber)?.doubleValue ?? -1
    }

    @Test("does so many sessions with so many clients, and finds every answer right")
    func right() async throws {
        let run = try await load(5, "pass", "--sessions", "40", "-c", "4", "--format", "json")
        #expect(run.exit == .status(0), "\(run)")
        let report = try report(run)
        #expect(number(report, "tapedeckLoad") == 1)
        #expect(number(report, "sessions", "done") == 40 && number(report, "sessions", "failed") == 0, "\(run)")
        #expect(number(report, "requests", "sent") == 200 && number(report, "requests", "answered") == 200, "\(run)")
        #expect(number(report, "latency", "asSent", "count") == 200, "\(run)")
        #expect(number(report, "latency", "asSent", "p50") <= number(report, "latency", "asSent", "max"), "\(run)")
        #expect(number(report, "tapedeck", "processors") > 0, "\(run)")
    }

    @Test("prints it for a person in eighty columns")
    func text() async throws {
        let run = try await load(5, "pass", "--sessions", "20", "-c", "2", "--rate", "2000", "--check", "none")
        #expect(run.exit == .status(0), "\(run)")
        for text in [
            "2 connections, 2000 requests/s", "answers checked: only that they come (none)", "100 sent, 100 answered",
            "20 done, 0 failed", "p99.9", "corrected  ", "as sent  ", "behind its schedule", "tapedeck   used",
        ] {
            #expect(run.output.contains(text), "\(text): \(run)")
        }
        for line in run.output.split(separator: "\n").dropFirst() { #expect(line.count <= 80, "\(line)") }
    }

    @Test("counts each tenth answer that is wrong, says where, and ends with status 1")
    func wrong() async throws {
        let more = "if count % 10 == 0: answer['ok'] = 'no'"
        let run = try await load(5, more, "--sessions", "40", "-c", "1", "--format", "json")
        #expect(run.exit == .status(1), "\(run)")
        let report = try report(run)
        let errors = try #require(report["errors"] as? [[String: Any]])
        #expect(errors.count == 1 && errors[0]["kind"] as? String == "wrongAnswer", "\(run)")
        #expect(errors[0]["count"] as? Int == 20, "\(run)")
        #expect((errors[0]["first"] as? String)?.hasSuffix("a.tape.jsonl:13: $.ok: true → \"no\"") == true, "\(run)")
        // Only that they come is asked.
        let unchecked = try await load(5, more, "--sessions", "5", "-c", "1", "--check", "none")
        #expect(unchecked.exit == .status(0), "\(unchecked)")
    }

    @Test("counts connections that the server ends")
    func closing() async throws {
        let run = try await load(5, "if count % 10 == 0: break", "--sessions", "20", "-c", "1", "--format", "json")
        #expect(run.exit == .status(1), "\(run)")
        let errors = try #require(try report(run)["errors"] as? [[String: Any]])
        #expect(errors.count == 1 && ["closedEarly", "reset"].contains(errors[0]["kind"] as? String), "\(run)")
        #expect(errors[0]["count"] as? Int == 10, "\(run)")
    }

    @Test("counts time-outs, and goes on")
    func timeouts() async throws {
        let run = try await load(
            2, "if count == 3: await asyncio.sleep(1000)", "--sessions", "4", "-c", "1", "--timeout", "300ms",
            "--format", "json")
        #expect(run.exit == .status(1), "\(run)")
        let report = try report(run)
        let errors = try #require(report["errors"] as? [[String: Any]])
        #expect(errors.contains { $0["kind"] as? String == "timeout" }, "\(run)")
        #expect(number(report, "sessions", "done") + number(report, "sessions", "failed") == 4, "\(run)")
    }

    @Test("cannot be put on a server that is down")
    func down() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording(requests: 1), to: "a.tape.jsonl")
        let port = try UnusedPort.find()
        let run = try await BuiltBinary.run("load", path, "--target", "127.0.0.1:\(port)", "--for", "100s")
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains("cannot connect to 127.0.0.1:\(port): Connection refused"), "\(run)")
    }

    @Test("shows with a rate that a stall holds up all that is due meanwhile")
    func stall() async throws {
        // Half a second is what 500 of the 1000 requests are due in.
        let run = try await load(
            1_000, "if count == 100: time.sleep(0.5)", "--sessions", "1", "-c", "1", "--rate", "1000", "--format",
            "json")
        #expect(run.exit == .status(0), "\(run)")
        let report = try report(run)
        #expect(number(report, "latency", "corrected", "p90") >= 0.25, "\(run)")
        #expect(number(report, "latency", "corrected", "p99") > number(report, "latency", "asSent", "p99"), "\(run)")
        #expect(number(report, "tapedeck", "behind") >= 0.49, "\(run)")
    }

    @Test("ends with what was done so far when it is interrupted")
    func interrupted() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording(requests: 5), to: "a.tape.jsonl")
        let mark = folder.path("hundred")
        let server = try await PythonServer.start(text: Self.server("if count == 100: open('\(mark)', 'w')"))
        let load = try BuiltBinary.start(
            ["load", path, "--target", "127.0.0.1:\(server.port)", "--for", "1000s", "--format", "json"])
        try await load.wait(for: "a hundred requests") { folder.text("hundred") }
        load.signal(SIGINT)
        #expect(try await load.exit() == .status(130))
        #expect(load.output.contains(#""interrupted":true"#), "\(load.output)")
    }

    @Test("says which options are wrong")
    func usage() async throws {
        for options in [
            [], ["--target", "127.0.0.1:1", "-c", "0"], ["--target", "127.0.0.1:1", "--rate", "0"],
            ["--target", "127.0.0.1:1", "--sessions", "0"], ["--target", "nowhere"],
            ["--target", "127.0.0.1:1", "--check", "none", "--rule", "$.a ignore"],
        ] {
            let run = try await BuiltBinary.run(["load", "a.tape.jsonl"] + options)
            #expect(run.exit == .status(64), "\(options): \(run)")
        }
    }
}
