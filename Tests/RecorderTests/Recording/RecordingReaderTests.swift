import Foundation
import Glibc
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("A reader of recordings") struct RecordingReaderTests {
    // MARK: What every version wrote

    @Test("reads what version 1 wrote")
    func version1() throws {
        let read = try ReadRecording(path: Fixtures.url("RecorderTests/Fixtures/version-1.tape.jsonl").path)
        #expect(read.header.version == 1)
        #expect(read.header.created == "2026-11-22T10:00:00.000000Z")
        #expect(read.header.tool == "tapedeck 0.1.0")
        #expect(
            read.header.ports == [
                RecordedPort(
                    listen: "127.0.0.1:12000", codec: "pickle/stream", settings: WritingSettings(protocolVersion: 4)),
                RecordedPort(listen: "[::1]:12001", codec: "json/lines"),
                RecordedPort(listen: "127.0.0.1:12002", codec: "raw/u32be"),
            ])
        #expect(read.header.ports.map(\.number) == [12000, 12001, 12002])
        #expect(read.damaged == [])
        #expect(read.tornLine == nil)
        #expect(read.isEnded)
        #expect(read.events == Self.version1Events)
    }

    private static func message(
        _ side: Side, _ form: ReadableForm.Key, _ text: String, _ change: (inout RecordedMessage) -> Void = { _ in }
    ) -> TranscriptEvent.Kind {
        var message = RecordedMessage(from: side, form: form, text: Array(text.utf8))
        change(&message)
        return .message(message)
    }

    private static var version1Events: [TranscriptEvent] {
        // pickle.dumps({"message": "hi", "id": 3}, 2)
        let dumped =
            [0x80, 2] + Array("}q\0(X\u{7}\0\0\0messageq\u{1}X\u{2}\0\0\0hiq\u{2}X\u{2}\0\0\0idq\u{3}K\u{3}u.".utf8)
        var continued = SessionOpening(port: 12002, peer: "127.0.0.1:54001")
        continued.isContinued = true
        let kinds: [(Int64, Int, TranscriptEvent.Kind)] = [
            (0, 1, .opened(SessionOpening(port: 12000, peer: "127.0.0.1:53412"))),
            (213, 1, message(.server, .value, #"{"clientid":53412}"#)),
            (
                1_204_471, 1,
                message(.client, .value, #"{"message":"hi","id":3}"#) {
                    $0.settings.protocolVersion = 2
                    $0.raw = dumped
                }
            ),
            (
                1_204_690, 1,
                message(.server, .value, #"[{"id":1},{"id":2}]"#) { $0.settings.strings = .distinct }
            ),
            (
                2_000_000, 2,
                .opened(
                    SessionOpening(
                        port: 12001, peer: "[::1]:53999", upstream: "127.0.0.1:6379", via: "127.0.0.1:54000"))
            ),
            (2_000_100, 2, message(.client, .value, #"{"a": 1.0, "a": 1e400}"#)),
            (
                2_000_200, 2,
                message(.client, .base64, #""e2JhZA==""#) { $0.error = "byte 20: expected a string" }
            ),
            (2_000_300, 2, .closed(SessionClosing(.reset, by: .client, reason: "connection reset by peer"))),
            (2_500_000, 3, .opened(continued)),
            (2_500_001, 3, message(.client, .text, #""tab \t quote \" é""#)),
            (2_500_002, 3, message(.client, .base64, #""AAD/""#)),
            (2_500_003, 0, .gap(RecordingGap(from: .client, bytes: 700, reason: "the disk was full"))),
            (2_500_004, 3, .gap(RecordingGap(events: 12))),
            (2_500_005, 3, .unknown),
            (2_600_000, 3, message(.client, .base64, #""AAAA""#) { $0.isPartial = true }),
            (2_600_001, 3, .endOfStream(.client)),
            (2_700_000, 3, .closed(SessionClosing(.clean))),
            (3_000_120, 1, .endOfStream(.server)),
            (3_000_154, 1, .closed(SessionClosing(.timeout, by: .server, reason: "no message for 3 s"))),
            (9_000_000, 0, .ended),
            (
                0, 0,
                .resumed(
                    RecordingHeader(
                        created: "2026-11-22T11:00:00.000000Z", tool: "tapedeck 0.1.0",
                        ports: [RecordedPort(listen: "127.0.0.1:12002", codec: "raw/lines")]))
            ),
            (1, 4, .opened(SessionOpening(port: 12002, peer: "127.0.0.1:54002"))),
            (2, 4, .closed(SessionClosing(.shutdown))),
            (3, 0, .ended),
        ]
        return kinds.enumerated().map { index, event in
            TranscriptEvent(time: event.0, session: event.1, kind: event.2, line: index + 2)
        }
    }

    @Test("gives the bytes of version 1's messages")
    func version1Bytes() throws {
        let read = try ReadRecording(path: Fixtures.url("RecorderTests/Fixtures/version-1.tape.jsonl").path)
        let json = try CodecRegistry.codec(named: "json/lines")
        let raw = try CodecRegistry.codec(named: "raw/u32be")
        func wire(_ index: Int, _ codec: Codec) throws -> [UInt8] {
            guard case .message(let message) = read.events[index].kind else { return [] }
            return try message.wire(codec: codec, settings: WritingSettings(), limits: DecodingLimits())
        }
        #expect(try wire(5, json) == Array("{\"a\": 1.0, \"a\": 1e400}\n".utf8))
        #expect(try wire(6, json) == Array("{bad".utf8), "what did not decode has no frame")
        #expect(try wire(9, raw) == [0, 0, 0, 16] + Array("tab \t quote \" é".utf8))
        #expect(try wire(10, raw) == [0, 0, 0, 3, 0, 0, 0xFF])
        #expect(try wire(14, raw) == [0, 0, 0])
    }

    // MARK: Torn, damaged and foreign files

    @Test("reads everything before a cut at any byte, and names the torn line")
    func everyCut() throws {
        let folder = try TemporaryFolder()
        let bytes = Array(RecordingSamples.everyKind.utf8)
        let whole = try ReadRecording(bytes)
        #expect(whole.events.count == 9)
        for count in 0..<bytes.count {
            let path = folder / "\(count).tape.jsonl"
            try Data(bytes.prefix(count)).write(to: URL(filePath: path))
            let lines = bytes.prefix(count).count { $0 == 10 }
            guard lines > 0 else {
                let error = #expect(throws: RecordingError.self) { try ReadRecording(path: path) }
                #expect(error?.code == .unbegun)
                continue
            }
            let read = try ReadRecording(path: path)
            #expect(read.events == Array(whole.events.prefix(lines - 1)), "cut at \(count)")
            #expect(read.damaged == [])
            #expect(read.tornLine == (bytes[count - 1] == 10 ? nil : lines + 1), "cut at \(count)")
        }
    }

    @Test("loses no other line to one flipped bit, wherever it is")
    func everyFlip() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.tape.jsonl"
        let bytes = Array(RecordingSamples.everyKind.utf8)
        let whole = try ReadRecording(bytes)
        var line = 1
        for offset in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[offset] ^= 1 << bit
                try Data(flipped).write(to: URL(filePath: path))
                let read: ReadRecording
                do {
                    read = try ReadRecording(path: path)
                } catch let error as RecordingError {
                    #expect(error.code == .newerVersion && line == 1, "bit \(bit) of byte \(offset): \(error)")
                    continue
                }
                // A flipped LF joins two lines; one that appears splits a line in two.
                let isLF = bytes[offset] == 10
                let isSplit = flipped[offset] == 10
                let kept = whole.events.filter { $0.line != line && !(isLF && $0.line == line + 1) }
                let found = read.events.map { event in
                    var event = event
                    if isLF, event.line > line { event.line += 1 }
                    if isSplit, event.line > line { event.line -= 1 }
                    return event
                }
                #expect(kept.allSatisfy { found.contains($0) }, "bit \(bit) of byte \(offset)")
                #expect(read.damaged.allSatisfy { abs($0.line - line) <= 1 }, "bit \(bit) of byte \(offset)")
            }
            if bytes[offset] == 10 { line += 1 }
        }
    }

    @Test("shows what stands behind a damaged header")
    func damagedHeader() throws {
        var bytes = Array(RecordingSamples.everyKind.utf8)
        bytes[0] = 0x5B
        let read = try ReadRecording(bytes)
        #expect(read.header.ports == [])
        #expect(read.damaged.map(\.line) == [1])
        #expect(read.damaged.first?.reason == "the header is damaged, so the ports and their codecs are not known")
        #expect(read.events.map(\.line) == Array(2...10))
    }

    @Test("names the line where two were joined, and reads on")
    func joined() throws {
        let read = try ReadRecording(
            lines: RecordingSamples.open, #"{"t":1.0,"s":1,"fro"# + RecordingSamples.message, RecordingSamples.close)
        #expect(read.damaged.map(\.line) == [3])
        #expect(read.damaged.first?.description.contains("a.tape.jsonl:3: damaged at byte ") == true)
        #expect(read.events.map(\.line) == [2, 4])
    }

    static let foreign: [(String, [UInt8], String)] = [
        ("empty", [], "is empty"), ("pcap", [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0], "is a packet capture"),
        ("pcap, big-endian", [0xA1, 0xB2, 0xC3, 0xD4], "is a packet capture"),
        ("pcap, nanoseconds", [0x4D, 0x3C, 0xB2, 0xA1], "is a packet capture"),
        ("pcapng", [0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0], "is a packet capture"),
        ("gzip", [0x1F, 0x8B, 8, 0], "is compressed with gzip"),
        ("Zstandard, and no more", [0x28, 0xB5, 0x2F, 0xFD], "is cut off"),
        ("text", Array("Dear reader,\nthis is a letter.\n".utf8), "is no recording"),
        ("a program", [0x7F, 0x45, 0x4C, 0x46, 0, 0, 10, 0, 10], "is a program, not a recording"),
        ("binary", [0x7E, 0x45, 0x4C, 0x46, 0, 0, 10, 0, 10], "is no recording"),
        ("PNG", [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], "is an image"),
        ("a pickle", [0x80, 4, 0x4E, 0x2E], "decode --codec pickle"),
        ("zeros", [UInt8](repeating: 0, count: 1 << 20), "is no recording"),
        ("JSON", Array("{\"a\":1}\n{\"b\":2}\n".utf8), "is no recording"), ("one brace", [0x7B], "is cut off"),
        ("line breaks", [10, 10, 10], "is no recording"), ("BOM", [0xEF, 0xBB, 0xBF], "is cut off"),
        ("HAR", Array("{\n  \"log\": {\n    \"version\": \"1.2\"\n  }\n}\n".utf8), "is no recording"),
        ("version 0", Array("{\"tapedeck\":0}\n".utf8), "is no recording"),
        ("a text as version", Array("{\"tapedeck\":\"1\"}\n".utf8), "is no recording"),
        ("nested", Array((String(repeating: "[", count: 100_000) + "\n").utf8), "is no recording"),
    ]

    @Test("says what a foreign file is", arguments: foreign.indices)
    func foreignFile(_ index: Int) {
        let (name, bytes, reason) = Self.foreign[index]
        let error = #expect(throws: RecordingError.self, "\(name)") { try ReadRecording(bytes) }
        let isUnbegun = reason == "is empty" || reason == "is cut off"
        #expect(error?.code == (isUnbegun ? .unbegun : .foreign), "\(name)")
        #expect(error?.reason.contains(reason) == true, "\(name): \(error?.reason ?? "")")
    }

    @Test(
        "refuses a newer version by name",
        arguments: ["2", "17", "9223372036854775807", "99999999999999999999999", "1e9"])
    func newer(_ version: String) {
        let error = #expect(throws: RecordingError.self) {
            try ReadRecording("{\"tapedeck\":\(version),\"tapes\":[]}\n{\"t\":0.0,\"s\":1,\"eof\":\"client\"}\n".utf8)
        }
        #expect(error?.code == .newerVersion)
        #expect(error?.reason.hasPrefix("has format \(version.prefix(20)); this build reads up to 1: ") == true)
    }

    @Test("takes a byte order mark, CRLF and empty lines")
    func windows() throws {
        let text = [RecordingSamples.header, RecordingSamples.open, "", RecordingSamples.message, RecordingSamples.end]
            .map { $0 + "\r\n" }.joined()
        let read = try ReadRecording([0xEF, 0xBB, 0xBF] + Array(text.utf8))
        #expect(read.damaged == [])
        #expect(read.events.map(\.line) == [2, 4, 5])
        #expect(read.messages.first?.text == Array(#"{"message":"hi","id":3}"#.utf8))
        #expect(read.isEnded)
    }

    @Test("reads a line of 64 MiB")
    func hugeLine() throws {
        var bytes = Array((RecordingSamples.header + "\n{\"t\":0.5,\"s\":1,\"from\":\"client\",\"text\":\"").utf8)
        bytes += [UInt8](repeating: 0x78, count: 64 << 20)
        bytes += Array("\"}\n\(RecordingSamples.close)\n".utf8)
        let read = try ReadRecording(bytes)
        #expect(read.messages.first?.text.count == 64 << 20 + 2)
        #expect(read.events.map(\.line) == [2, 3])
    }

    @Test("passes over a line longer than any that is written, without keeping it")
    func tooLongLine() throws {
        let long = "{\"t\":0.5,\"s\":1,\"from\":\"client\",\"text\":\"" + String(repeating: "x", count: 300_000) + "\"}"
        let text = [RecordingSamples.header, long, RecordingSamples.close].map { $0 + "\n" }.joined()
        for limit in [1_000, 100_000, 299_999] {
            let read = try ReadRecording(text.utf8, maximumLineBytes: limit)
            #expect(read.damaged.map(\.line) == [2], "limit \(limit)")
            #expect(read.events.map(\.line) == [3], "limit \(limit)")
            let torn = try ReadRecording((RecordingSamples.header + "\n" + long).utf8, maximumLineBytes: limit)
            #expect(torn.tornLine == 2)
        }
    }

    @Test("refuses nesting without end, and reads on")
    func deepLine() throws {
        let prefix = #"{"t":0.5,"s":1,"from":"client","value":"#
        func nested(_ depth: Int) -> String {
            prefix + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        let read = try ReadRecording(
            lines: nested(9_999), nested(10_000), nested(1_000_000), prefix + String(repeating: "[", count: 1_000_000))
        #expect(read.events.map(\.line) == [2])
        #expect(read.damaged.map(\.line) == [3, 4, 5])
    }

    @Test("does not take a recording for ended when something follows the end")
    func notEnded() throws {
        #expect(try ReadRecording(lines: RecordingSamples.end).isEnded)
        #expect(try !ReadRecording(lines: RecordingSamples.end, RecordingSamples.header).isEnded)
        #expect(try !ReadRecording(lines: RecordingSamples.end, RecordingSamples.open).isEnded)
        #expect(try !ReadRecording(lines: RecordingSamples.open).isEnded)
    }

    @Test("reads every event before a newer version in the middle, and those behind it")
    func newerInTheMiddle() throws {
        let read = try ReadRecording(lines: RecordingSamples.open, "{\"tapedeck\":2}", RecordingSamples.close)
        #expect(read.events.map(\.line) == [2, 4])
        #expect(read.damaged.map(\.code) == [.newerVersion])
    }

    // MARK: What stands at the path

    @Test("names what is no file, and never waits for it")
    func noFile() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder / "pipe", 0o600) == 0)
        for (path, reason) in [
            (folder.path, "is a folder, not a file"), (folder / "pipe", "is a pipe (fifo), not a file"),
            ("/dev/null", "is a device, not a file"),
            (folder / "missing", "cannot open: No such file or directory"),
            (folder / "missing/deeper", "cannot open: No such file or directory"),
        ] {
            let error = #expect(throws: RecordingError.self, "\(path)") { try RecordingReader(path: path) }
            #expect(error == RecordingError(.cannotOpen, path, reason))
        }
    }

    @Test("names a file that it may not read", .enabled(if: geteuid() != 0, "root may read everything"))
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let path = folder / "secret"
        try Data(RecordingSamples.everyKind.utf8).write(to: URL(filePath: path))
        chmod(path, 0)
        let error = #expect(throws: RecordingError.self) { try RecordingReader(path: path) }
        #expect(error == RecordingError(.cannotOpen, path, "cannot open: Permission denied"))
    }
}
