import Foundation
import Testing

@testable import Replay

@Suite("Replays against a chat room that is wrong in one way")
struct WrongRoomTests {
    /// Two clients: greeted, let in by their tokens, they talk to each other, one asks for two things at once, one says that
    /// it has no more to send before its last answer, and the server ends the other.
    private static let recording = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/room.tape.jsonl").path
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("room_server.py").path

    private func report(
        _ way: String, timeout: Duration = .seconds(30), segmentation: Segmentation? = nil
    ) async throws -> RecordingReport {
        var options = ReplayOptions()
        options.timeout = timeout
        options.segmentation = segmentation
        let replay = RecordingReplay(options: options)
        return await replay.report(
            on: Self.recording,
            target: .start(ServerStart(command: "exec python3 '\(Self.script)' {port} '\(way)'")))
    }

    @Test(
        "the right one passes, quick or slow, however it writes and however it is written to",
        arguments: ["right", "slow", "dripping", "glued", "spaced", "other order"],
        [nil, .bytes, .coalesce, .random(seed: 7)] as [Segmentation?])
    func right(way: String, segmentation: Segmentation?) async throws {
        let report = try await report(way, segmentation: segmentation)
        #expect(report.outcome == .passed, "\(TextReport(usesColour: false).text(report))")
        #expect(report.findings.matched == 16)
    }

    /// A wrong way, where it shows first, and as what.
    struct Way: Sendable, CustomTestStringConvertible {
        var name: String
        /// The first difference's; nil where the end of the server is the cause.
        var place: String?
        var reason: String
        /// Nothing more comes, so that only the time limit ends it.
        var isSilent: Bool

        init(_ name: String, _ place: String?, _ reason: String, isSilent: Bool = false) {
            self.name = name
            self.place = place
            self.reason = reason
            self.isSilent = isSilent
        }

        var testDescription: String { name }
    }

    private static let nothingCame = "an answer is missing: nothing came within 0.8 s"
    private static let tooMany = "the server sent a message that is not in the recording"

    @Test(
        "a wrong one fails, and the first difference says where and why",
        arguments: [
            Way("value", "session 1, line 14", "✗ $.n - 1 + 7"),
            Way("type", "session 1, line 14", "✗ $.n - 1 + \"1\""),
            Way("float", "session 1, line 14", "✗ $.n - 1 + 1.0"),
            Way("boolean", "session 1, line 14", "✗ $.ok - true + 1"),
            Way("false", "session 1, line 14", "✗ $.ok - true + false"),
            Way("null", "session 2, line 27", "✗ $.topic - null + \"\""),
            Way("key missing", "session 1, line 14", "✗ $.n - 1"),
            Way("key too many", "session 1, line 14", "✗ $.debug + true"),
            Way("key renamed", "session 1, line 14", "✗ $.n - 1 ✗ $.N + 1"),
            Way("list reversed", "session 2, line 10", "✗ $.members[0] - "),
            Way("list short", "session 1, line 23", "✗ $.lines[0] - \"and you?\""),
            Way("list long", "session 1, line 23", "✗ $.lines[0] + \"?\""),
            Way("capital", "session 2, line 15", "✗ $.said - \"hello\" + \"Hello\""),
            Way("rounded", "session 2, line 27", "✗ $.big - 12345678901234567890 + 12345678901234567000"),
            Way("nearly", "session 2, line 27", "✗ $.ratio - 1.5 + 1.5000000000000002"),
            Way("nested", "session 2, line 27", "✗ $.by.second - 2 + 3"),
            Way("missing", "session 2, line 18", "an answer is missing: a later one came instead"),
            Way("missing push", "session 1, line 9", nothingCame, isSilent: true),
            Way("extra", "session 1, line 21", "\(tooMany)"),
            Way("early", "session 1, line 14", "\(tooMany)"),
            Way("duplicated", "session 1, line 21", "\(tooMany)"),
            Way("swapped", "session 2, line 18", "an answer is missing: a later one came instead"),
            Way("wrong session", "session 2, line 15", nothingCame, isSilent: true),
            Way("both sessions", "session 1, line 21", "\(tooMany)"),
            Way("wrong port", "session 1, line 3", "✗ $.welcome - "),
            Way("wrong id", "session 1, line 9", "✗ $.joined - "),
            Way("token of another", "session 2, line 12", "✗ $.token - "),
            Way("token changes", "session 2, line 12", "✗ $.token - "),
            Way("stateful", "session 1, line 14", "✗ $.n - 1 + 2"),
            Way("stale", "session 1, line 23", "✗ $.lines[0] + \"hello\""),
            Way(
                "truncated", "session 1, line 14", "does not decode: the connection ended inside this message"),
            Way(
                "half a message", "session 1, line 14",
                #"an answer is missing: only b"{\"ok\":tr" came within 0.8 s"#, isSilent: true),
            Way(
                "without its end", "session 2, line 18", "found \"{\", expected nothing behind the value",
                isSilent: true),
            Way("closes early", "session 1, line 14", "an answer is missing: the server ended the connection"),
            Way("closes after", "session 1, line 20", "an answer is missing: the server ended the connection"),
            Way("closes the other", "session 2, line 15", "an answer is missing: the server ended the connection"),
            Way("resets", "session 1, line 14", "an answer is missing: the server reset the connection"),
            Way(
                "never closes", "session 1, line 31", "- the server ends the connection + it stays open",
                isSilent: true),
            Way("hangs", "session 1, line 14", nothingCame, isSilent: true),
            Way("silent", "session 1, line 3", nothingCame, isSilent: true),
            Way("crashes", nil, "the server process ended: it exited with status 3"),
            Way("killed", nil, "the server process ended: it was ended by SIGABRT"),
            Way("no JSON", "session 1, line 14", "does not decode: byte 86: found \"o\", expected a JSON value"),
            Way("another protocol", "session 1, line 14", "does not decode: byte 86: found \"H\""),
            Way("no UTF-8", "session 1, line 14", "does not decode: byte 102: found bytes that are no UTF-8"),
            Way("deaf after the end", "session 2, line 27", "an answer is missing: the server ended the connection"),
        ])
    func wrong(way: Way) async throws {
        let report = try await report(way.name, timeout: way.isSilent ? .milliseconds(800) : .seconds(30))
        let text = TextReport(usesColour: false).text(report)
        #expect(report.outcome == .failed, "\(text)")
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let parts = words.components(separatedBy: " session ")
        let first = parts.prefix(way.place == nil ? 1 : 2).joined(separator: " session ")
        #expect(first.contains(way.place ?? "it ") && first.contains(way.reason), "\(text)")
    }
}
