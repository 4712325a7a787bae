import Foundation
import NIOCore
import NIOPosix
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("Replays against running servers")
struct ReplayRunTests {
    /// A client that asks three times, the first two together with another client about.
    private static let recording = """
        {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.001,"s":1,"from":"server","value":{"clientid":50001}}
        {"t":0.002,"s":2,"open":{"port":7000,"peer":"127.0.0.1:50002"}}
        {"t":0.003,"s":2,"from":"server","value":{"clientid":50002}}
        {"t":0.004,"s":1,"from":"client","value":{"q":1}}
        {"t":0.004,"s":1,"from":"client","value":{"q":2}}
        {"t":0.004,"s":1,"from":"client","value":{"q":3}}
        {"t":0.005,"s":1,"from":"server","value":{"a":1}}
        {"t":0.005,"s":1,"from":"server","value":{"a":2}}
        {"t":0.005,"s":1,"from":"server","value":{"a":3}}
        {"t":0.006,"s":2,"from":"client","value":{"q":4}}
        {"t":0.007,"s":2,"from":"server","value":{"a":4}}
        {"t":0.008,"s":2,"eof":"client"}
        {"t":0.009,"s":2,"close":"clean"}
        {"t":0.010,"s":1,"eof":"client"}
        {"t":0.011,"s":1,"close":"clean"}
        {"t":0.012,"end":{"sessions":2,"messages":10}}

        """

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).tape.jsonl").path
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    private func report(
        _ way: String, recording: String = Self.recording, timeout: Duration = .seconds(30)
    ) async throws -> RecordingReport {
        let path = try file(recording)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "wrong_server.py")
        var options = ReplayOptions()
        options.timeout = timeout
        let replay = RecordingReplay(options: options)
        return await replay.report(
            on: path, target: .start(ServerStart(command: "exec python3 '\(script.path)' {port} '\(way)'")))
    }

    @Test(
        "a server that is right passes, however it writes",
        arguments: ["right", "slow", "drip", "coalesced", "closes late", "spaces"])
    func right(way: String) async throws {
        let report = try await report(way)
        #expect(report.outcome == .passed, "\(TextReport(usesColour: false).text(report))")
        #expect(report.findings.matched == 6)
        #expect(report.findings.bindings.count == 2)
    }

    @Test("a replay that is interrupted before it has begun ends, though its server would never answer")
    func interruptedEarly() async throws {
        let path = try file(Self.recording)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            host: "127.0.0.1", port: 0
        ).get()
        let target = try #require(server.localAddress)
        var options = ReplayOptions()
        options.timeout = .seconds(3_600)
        for _ in 0..<200 {
            let replay = Task { [options] in
                try await ReplayRun.replay(path, targets: [7_000: target], options: options)
            }
            await Task.yield()
            replay.cancel()
            await #expect(throws: CancellationError.self) { _ = try await replay.value }
        }
        try await server.close()
    }

    @Test("a server that lingers after the clients' end passes")
    func neverCloses() async throws {
        let report = try await report("never closes")
        #expect(report.outcome == .passed, "\(TextReport(usesColour: false).text(report))")
    }

    @Test(
        "a server that is wrong in one way fails with one difference that names it",
        arguments: [
            ("value", 1, "✗ $.a\n          - 1\n          + 9"),
            ("type", 1, "✗ $.a\n          - 1\n          + 1.0"),
            ("key", 1, "✗ $.b\n          + 2"),
            ("empty", 1, "✗ $.a\n          - 1\n"),
            ("extra", 1, "sent a message that is not in the recording"),
            ("extra before", 1, "+ \"more\""),
            ("duplicate", 1, "sent a message that is not in the recording"),
            ("late extra", 1, "+ \"ps\""),
            ("missing", 1, "an answer is missing: a later one came instead"),
            ("garbage", 1, "does not decode"),
            ("binary", 1, "does not decode"),
            ("truncated", 2, "does not decode: the connection ended inside this message"),
            ("truncated", 2, #"+ b"{\"a\"""#),
            ("early close", 1, "an answer is missing: the server"),
            ("reset", 1, "an answer is missing: the server reset the connection"),
            ("client id", 2, "✗ $.clientid"),
        ])
    func wrong(way: String, count: Int, phrase: String) async throws {
        let report = try await report(way)
        let text = TextReport(usesColour: false).text(report)
        #expect(report.outcome == .failed)
        #expect(report.findings.differences.count == count, "\(text)")
        #expect(text.contains(phrase), "\(text)")
    }

    @Test("a server that never answers, or answers somebody else, fails when the time is up")
    func never() async throws {
        let single =
            Self.recording.split(separator: "\n").filter { !$0.contains("\"q\":2") && !$0.contains("\"q\":3") }
            .filter { !$0.contains("\"a\":2") && !$0.contains("\"a\":3") }.joined(separator: "\n") + "\n"
        let silent = try await report("never", recording: single, timeout: .milliseconds(300))
        #expect(TextReport(usesColour: false).text(silent).contains("an answer is missing: nothing came within 0.3 s"))
        #expect(silent.findings.differences.count == 1)
        let half = try await report("half", recording: single, timeout: .milliseconds(300))
        let halfText = TextReport(usesColour: false).text(half)
        #expect(halfText.contains(#"an answer is missing: only b"{\"a\"" came within 0.3 s"#), "\(halfText)")
        let astray = try await report("elsewhere", recording: single, timeout: .milliseconds(300))
        let text = TextReport(usesColour: false).text(astray)
        #expect(text.contains("an answer is missing: nothing came within 0.3 s"), "\(text)")
        #expect(text.contains("sent a message that is not in the recording"), "\(text)")
        #expect(astray.findings.differences.count == 2)
    }

    @Test("a server that crashes is told of with its status and what it printed")
    func crash() async throws {
        let report = try await report("crash")
        let text = TextReport(usesColour: false).text(report)
        #expect(report.outcome == .failed)
        #expect(text.contains("the server process ended: it exited with status 3"), "\(text)")
        #expect(text.contains("| about to fail"), "\(text)")
        #expect(text.contains("an answer is missing: the server"), "\(text)")
    }

    @Test("a target that nobody listens on is no difference: the replay could not be done")
    func targetDown() async throws {
        let path = try file(Self.recording)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let port = try ServerCommand.freePort()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let replay = RecordingReplay(options: ReplayOptions())
        let report = await replay.report(on: path, target: .addresses([:], others: address))
        let reason = "Connection refused: nothing listens there; is the server up?"
        #expect(report.outcome == .impossible("cannot connect to 127.0.0.1:\(port): \(reason)"))
    }

    @Test("sessions that began in an earlier file are left out, and told of")
    func continued() async throws {
        let opening = #"{"t":0,"s":9,"open":{"port":7000,"peer":"127.0.0.1:50009","continued":true}}"#
        let rest = #"{"t":0,"s":9,"from":"client","value":{"q":8}}"# + "\n" + #"{"t":0,"s":9,"close":"clean"}"#
        var lines = Self.recording.split(separator: "\n").map(String.init)
        let header = lines[0]
        lines.insert(opening + "\n" + rest, at: 1)
        let report = try await report("right", recording: lines.joined(separator: "\n") + "\n")
        #expect(report.outcome == .passed, "\(TextReport(usesColour: false).text(report))")
        #expect(report.findings.matched == 6)
        #expect(
            TextReport(usesColour: false).text(report).contains(
                "1 session of an earlier file of the same recording goes on in this one: not replayed (give that one, too)"
            ))
        let alone = try await self.report("right", recording: [header, opening, rest].joined(separator: "\n") + "\n")
        #expect(alone.outcome == .impossible("\(ReplayError.allContinued)"))
    }

    @Test("a recording without sessions has nothing to replay")
    func noSessions() async throws {
        let header = Self.recording.split(separator: "\n")[0] + "\n"
        let report = try await report("right", recording: String(header))
        #expect(report.outcome == .impossible("the recording holds no session: there is nothing to replay"))
    }

    @Test(
        "what a client had sent before it closed reaches a server that reads later, though nothing is awaited any more")
    func lastUpload() async throws {
        let text = String(repeating: "x", count: 12 << 20)
        let path = try file(
            """
            {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":0.001,"s":1,"from":"client","value":"\(text)"}
            {"t":0.002,"s":1,"close":"shutdown"}
            {"t":0.003,"end":{"sessions":1,"messages":1}}

            """)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let listener = try LoopbackSocket.bound(listening: 1)
        defer { close(listener) }
        let target = try SocketAddress(ipAddress: "127.0.0.1", port: LoopbackSocket.localPort(of: listener))
        let options = ReplayOptions()
        let (received, receiving) = AsyncStream.makeStream(of: Int.self)
        let server = Thread {
            let connection = accept(listener, nil, nil)
            defer { close(connection) }
            // It is busy for longer than the replay listens for more.
            usleep(UInt32(options.settle.microseconds * 3))
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var total = 0
            while case let count = read(connection, &buffer, buffer.count), count > 0 { total += count }
            receiving.yield(total)
        }
        server.start()
        let outcome = try await ReplayRun.replay(path, targets: [7_000: target], options: options)
        #expect(outcome.findings.differences.isEmpty)
        let total = await received.first { _ in true }
        #expect(total == text.utf8.count + 3)
    }
}
