import Codecs
import Foundation
import Recorder
import TestSupport
import Testing

@testable import Replay

/// A replay told as a conversation, without sockets and with a clock that only the script moves.
///
/// The recording is given as its lines; the script has what happens and, behind each happening, what the machine does:
///
/// ```
///      connect 1                      the machine connects
/// when 1 connected from 60001
///      send 1 {"id":1}
/// when 1 says {"id":2}                the server of session 1 sends a message
/// when 1 sent 70000                   so many bytes of the client have gone out
/// when 1 ends | when 1 resets | when 1 refused REASON | when 1 breaks off TEXT
/// after 100                           so many milliseconds pass
///      done
///      found 1 value $.id: 1, now 2   at the end: every difference
/// ```
enum Playbook {
    /// Runs the script and compares what the machine does with what it says.
    static func play(
        _ recording: String, as codec: String = "json/lines", options: ReplayOptions = ReplayOptions(),
        showingWakes: Bool = false, _ script: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = script.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        var run = try Run(codec, recording, options: options, showsWakes: showingWakes)
        try run.start()
        for line in expected where line.hasPrefix("when ") || line.hasPrefix("after ") { try run.happen(line) }
        let actual = run.transcript + run.found
        #expect(actual == expected, "\n\(actual.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    /// A machine over recording lines.
    static func machine(
        _ codec: String, _ recording: String, options: ReplayOptions = ReplayOptions()
    ) throws -> ReplayMachine {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        let header = #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"\#(codec)"}]}"#
        try (header + "\n" + recording + "\n").write(toFile: path, atomically: false, encoding: .utf8)
        let reader = try RecordingReader(path: path)
        let identifiers = RecordedIdentifiers(readingRecordingAt: path)
        try FileManager.default.removeItem(atPath: path)
        return try ReplayMachine(
            header: reader.header, options: options, limits: DecodingLimits(), identifiers: identifiers
        ) {
            () throws(RecordingError) in try reader.next()
        }
    }

    struct Run {
        var machine: ReplayMachine
        let codec: Codec
        let showsWakes: Bool
        var now: Int64 = 0
        var transcript: [String] = []

        init(_ codec: String, _ recording: String, options: ReplayOptions, showsWakes: Bool) throws {
            machine = try Playbook.machine(codec, recording, options: options)
            self.codec = try CodecRegistry.codec(named: codec)
            self.showsWakes = showsWakes
        }

        mutating func start() throws { note(try machine.start(at: now)) }

        mutating func happen(_ line: String) throws {
            transcript.append(line)
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if words[0] == "after" {
                now += Int64((try #require(Double(words[1])) * 1_000).rounded())
                return note(try machine.handle(.wake, at: now))
            }
            let session = try #require(Int(words[1]))
            let rest = words.count > 3 ? words[3] : ""
            switch words[2] {
            case "connected":
                let port = Int(rest.replacing("from ", with: "")) ?? 60_000 + session
                try hand(.connected(session: session, localPort: port))
            case "says": try hand(.received(session: session, message(Array(rest.utf8))))
            case "breaks":
                let bytes = Array(rest.utf8)
                let fault = "the connection ended inside this message"
                try hand(.received(session: session, ActualMessage(payload: bytes, wire: bytes, fault: fault)))
                try hand(.ended(session: session, isReset: false))
            case "garbles":
                let bytes = Array(rest.utf8)
                let message = ActualMessage(payload: bytes, wire: bytes, fault: "byte 0: no JSON", isLost: true)
                try hand(.received(session: session, message))
            case "sent": try hand(.sent(session: session, bytes: try #require(Int(rest))))
            case "ends": try hand(.ended(session: session, isReset: false))
            case "resets": try hand(.ended(session: session, isReset: true))
            case "refused": try hand(.refused(session: session, reason: rest))
            default: Issue.record("no such happening: \(line)")
            }
        }

        private mutating func hand(_ input: ReplayMachine.Input) throws { note(try machine.handle(input, at: now)) }

        /// The payload of a text that stands for a message: for pickles, in the notation of recordings.
        private func message(_ text: [UInt8]) throws -> ActualMessage {
            var recorded = RecordedMessage(from: .server, form: codec.payload.isStructured ? .value : .text, text: text)
            if !codec.payload.isStructured { recorded.text = Array("\"".utf8) + text + Array("\"".utf8) }
            let settings = codec.payload.defaultSettings
            let limits = DecodingLimits()
            return ActualMessage(
                payload: try recorded.payload(codec: codec, settings: settings, limits: limits),
                wire: try recorded.wire(codec: codec, settings: settings, limits: limits))
        }

        private mutating func note(_ actions: [ReplayMachine.Action]) {
            for action in actions {
                switch action {
                case .connect(let session, _): transcript.append("connect \(session)")
                case .send(let session, let bytes): transcript.append("send \(session) \(text(bytes))")
                case .sendPieces(let session, let pieces):
                    transcript.append(
                        "send \(session) " + pieces.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|"))
                case .finish(let session): transcript.append("finish \(session)")
                case .abort(let session): transcript.append("abort \(session)")
                case .close(let session): transcript.append("close \(session)")
                case .pauseReading(let session): transcript.append("pause \(session)")
                case .resumeReading(let session): transcript.append("resume \(session)")
                case .wake(let time): if showsWakes { transcript.append("wake in \(Double(time) / 1_000)") }
                case .done: transcript.append("done")
                }
            }
        }

        /// Bytes as they would stand in a recording, without a line's end.
        private func text(_ bytes: [UInt8]) -> String {
            let payload = DripFeed.read(bytes, as: codec).payloads.first ?? bytes
            let tree = ValueTree()
            var output = ByteWriter()
            do throws(PayloadError) {
                try codec.payload.decode(payload.span.bytes, into: tree, limits: DecodingLimits())
                _ = try codec.payload.writeReadable(tree, limits: DecodingLimits(), into: &output)
            } catch {
                return String(decoding: bytes, as: UTF8.self)
            }
            return output.string.trimmingCharacters(in: codec.payload.isStructured ? [] : ["\""])
        }

        /// Every difference, a line each.
        var found: [String] {
            let findings = machine.findings
            var lines = findings.differences.flatMap { difference in
                Self.text(difference.kind).map { "found \(difference.session) \($0)" }
            }
            if findings.moreDifferences > 0 { lines.append("found \(findings.moreDifferences) more") }
            if findings.notReached > 0 { lines.append("not reached \(findings.notReached)") }
            return lines
        }

        private static func text(_ kind: Difference.Kind) -> [String] {
            func text(_ message: RecordedMessage) -> String { String(decoding: message.text, as: UTF8.self) }
            switch kind {
            case .value(let values):
                return values.map { "value \($0.path): \($0.expected ?? "nothing"), now \($0.actual ?? "nothing")" }
            case .missing(let expected, let reason): return ["missing \(text(expected)): \(reason)"]
            case .extra(let actual): return ["extra \(text(actual))"]
            case .undecodable(let reason, _): return ["undecodable: \(reason)"]
            case .ending(let expected, let actual): return ["ending: \(expected), now \(actual)"]
            case .refused(let reason): return ["refused: \(reason)"]
            case .died(let reason): return ["died: \(reason)"]
            case .session(let sentence): return ["session: \(sentence)"]
            }
        }
    }
}
