import Foundation
import Glibc
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("A repair of a recording")
struct RecordingRepairTests {
    private static let text = CheckedSample.twoParts
    private static let lines = text.split(separator: "\n").map(String.init)
    private static let untimedLines = lines.map(untimed)

    @Test("cuts a torn tail off, writes a gap and an end, and keeps the recording as it was beside it")
    func tornTail() throws {
        let sample = try CheckedSample((Self.lines[0...4].map { $0 + "\n" }.joined() + "{\"t\":0.5").utf8)
        chmod(sample.path, 0o644)
        let before = sample.bytes
        let outcome = try sample.repair()
        #expect(outcome.mended == 1)
        #expect(outcome.backup == sample.path + ".bak")
        #expect(
            sample.lines == Self.lines[0...4] + [
                #"{"t":0.400000,"gap":{"bytes":8,"events":1,"why":"the last line was torn"}}"#,
                #"{"t":0.400000,"end":{"sessions":2,"messages":2}}"#, "",
            ])
        #expect(sample.names == ["a.tape.jsonl", "a.tape.jsonl.bak"])
        #expect(try Data(contentsOf: URL(filePath: sample.path + ".bak")).elementsEqual(before))
        var status = stat()
        #expect(stat(sample.path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        #expect(try sample.check() == [])
        let after = sample.bytes
        #expect(try sample.repair() == RecordingRepair.Outcome(summary: .init(sessions: 2, messages: 2, findings: 0)))
        #expect(sample.bytes == after, "a second repair changes nothing")
        #expect(sample.names == ["a.tape.jsonl", "a.tape.jsonl.bak"])
    }

    @Test("puts one gap in the place of damaged lines that follow each other, with their bytes")
    func damagedLines() throws {
        let sample = try CheckedSample(lines: [
            CheckedSample.open, "garbage", "{\"more\":", CheckedSample.message, "\u{1}", CheckedSample.close,
            CheckedSample.end,
        ])
        #expect(try sample.repair().mended == 3)
        #expect(
            sample.lines == [
                CheckedSample.header, CheckedSample.open,
                #"{"t":0.100000,"gap":{"bytes":15,"events":2,"why":"a damaged line was taken out"}}"#,
                CheckedSample.message,
                #"{"t":1.204471,"gap":{"bytes":1,"events":1,"why":"a damaged line was taken out"}}"#,
                CheckedSample.close, CheckedSample.end, "",
            ])
    }

    @Test("after a cut at any byte leaves every line before it, and nothing to be found")
    func everyCut() throws {
        let bytes = Array(Self.text.utf8)
        let first = Self.lines[0].utf8.count + 1
        let sample = try CheckedSample([])
        for count in first..<bytes.count {
            try Data(bytes.prefix(count)).write(to: URL(filePath: sample.path))
            let kept = bytes.prefix(count).lastIndex(of: 10).map { $0 + 1 } ?? 0
            let isEnd = sample.text.hasSuffix("}}\n") && sample.lines.dropLast().last?.contains("\"end\"") == true
            #expect(try sample.check().isEmpty == isEnd, "cut at \(count)")
            try sample.repair()
            #expect(sample.bytes.starts(with: bytes.prefix(kept)), "cut at \(count)")
            #expect(try sample.check() == [], "cut at \(count): \(sample.text)")
            try? FileManager.default.removeItem(atPath: sample.path + ".bak")
        }
    }

    /// Findings that only a person can decide: what stands there reads, but not as anybody wrote it.
    private static let undecided: Set<CheckFinding.Kind> = [.key, .event, .message, .raw, .header, .version, .time]

    @Test("after one flipped bit, wherever it is, leaves every other line, and nothing that could be mended")
    func everyFlip() throws {
        let bytes = Array(Self.text.utf8)
        let whole = try CheckedSample(bytes)
        let read = try ReadRecording(path: whole.path)
        let sample = try CheckedSample([])
        var line = 0
        for offset in bytes.indices {
            // Two bits of each byte, other ones of the next: a repair waits for the disk.
            for bit in [offset % 8, (offset + 3) % 8] {
                let place: Comment = "bit \(bit) of byte \(offset), line \(line + 1)"
                var flipped = bytes
                flipped[offset] ^= 1 << bit
                try Data(flipped).write(to: URL(filePath: sample.path))
                let findings: [CheckFinding]
                do {
                    findings = try sample.check()
                } catch let error as RecordingError {
                    #expect(line == 0 && (error.code == .newerVersion || error.code == .foreign), place)
                    continue
                }
                if findings.isEmpty {
                    try Self.expectHarmless(sample, read, place)
                    continue
                }
                guard !findings.contains(where: { $0.kind == .version }) else { continue }
                try sample.repair()
                let left = try sample.check()
                #expect(left.allSatisfy { $0.mend == nil && Self.undecided.contains($0.kind) }, "\(place): \(left)")
                // The line itself, and those that a flipped LF joins; of the ones around it the time alone may be another.
                var others = Self.lines.enumerated().filter { abs($0.offset - line) > 1 }.map(\.element)
                let around = Self.lines.enumerated().filter { $0.offset != line && abs($0.offset - line) == 1 }
                others += around.filter { $0.offset != line + 1 || bytes[offset] != 10 }.map {
                    Self.untimed($0.element)
                }
                let found = sample.lines.flatMap { [$0, Self.untimed($0)] }
                let lost = others.filter { !found.contains($0) }
                #expect(lost == [], place)
                try? FileManager.default.removeItem(atPath: sample.path + ".bak")
            }
            if bytes[offset] == 10 { line += 1 }
        }
    }

    /// What a check finds nothing in differs in what a text, a number or a time is, and in nothing else.
    private static func expectHarmless(_ sample: CheckedSample, _ whole: ReadRecording, _ place: Comment) throws {
        let read = try ReadRecording(path: sample.path)
        #expect(read.damaged == [] && read.tornLine == nil && read.isEnded, place)
        #expect(read.events.count == whole.events.count, place)
        for (one, other) in zip(read.events, whole.events) {
            #expect(one.session == other.session && one.line == other.line, place)
            switch (one.kind, other.kind) {
            case (.message(let one), .message(let other)):
                #expect(one.from == other.from && one.form == other.form && one.isDecoded == other.isDecoded, place)
            case (.opened, .opened), (.closed, .closed), (.resumed, .resumed): break
            default: #expect(one.kind == other.kind, place)
            }
        }
    }

    private static func untimed(_ line: String) -> String {
        line.hasPrefix("{\"t\":") ? String(line.drop { $0 != "," }) : line
    }

    @Test("writes elsewhere if asked, over nothing that is there")
    func elsewhere() throws {
        let sample = try CheckedSample(lines: [CheckedSample.open])
        let before = sample.bytes
        let output = sample.path + ".mended.tape.jsonl"
        let outcome = try sample.repair(to: output)
        #expect(outcome.backup == nil && outcome.mended == 1)
        #expect(sample.bytes == before)
        #expect(try RecordingCheck(output).run { _ in }.findings == 0)
        let again = #expect(throws: RecordingError.self) { try sample.repair(to: output) }
        #expect(again?.reason.contains("--force") == true)
        try sample.repair(to: output, force: true)
        #expect(sample.names == ["a.tape.jsonl", "a.tape.jsonl.mended.tape.jsonl"])
    }

    @Test("leaves what a running tapedeck writes")
    func locked() throws {
        let sample = try CheckedSample(lines: [CheckedSample.open])
        let before = sample.bytes
        let writer = open(sample.path, O_WRONLY | O_APPEND)
        defer { close(writer) }
        #expect(flock(writer, LOCK_EX) == 0)
        let error = #expect(throws: RecordingError.self) { try sample.repair() }
        #expect(error?.reason == "is being written by a running tapedeck: end that first")
        #expect(try sample.check().first?.what.contains("a running tapedeck is writing this file") == true)
        #expect(sample.bytes == before)
        flock(writer, LOCK_UN)
        #expect(try sample.repair().mended == 1)
    }

    @Test("follows a link to the file, which stays a link, and finds a name for another backup")
    func link() throws {
        let sample = try CheckedSample(lines: [CheckedSample.open])
        let link = sample.path + ".link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: sample.path)
        try Data().write(to: URL(filePath: sample.path + ".bak"))
        let outcome = try RecordingRepair.repair(link, to: nil, force: false) { _ in }
        #expect(outcome.backup == sample.path + ".bak2")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == sample.path)
        #expect(try sample.check() == [])
    }

    @Test(
        "of a compressed recording that is cut between two lines claims no lost line",
        .enabled(if: ZstandardTool.isInstalled))
    func cutBetweenLines() throws {
        // A frame that was begun, flushed and never ended: what a recorder leaves that is killed. The checksum and the
        // empty last block are what lacks.
        let text = Self.lines[0...2].map { $0 + "\n" }.joined()
        let folder = try ScratchFolder()
        let plain = try folder.write(text, to: "plain")
        let frame = try ShortProgram.run("sh", ["-c", "cat \(plain) | zstd -q -c"]).output
        let sample = try CheckedSample(frame.dropLast(2), name: "a.tape.jsonl.zst")
        #expect(try sample.check().map(\.kind) == [.torn])
        try sample.repair()
        #expect(try sample.check() == [])
        let repaired = try ShortProgram.run("zstd", ["-d", "-q", "-c", sample.path]).output
        #expect(
            String(decoding: repaired, as: UTF8.self) == text
                + """
                {"t":0.200000,"gap":{"why":"the recording was not ended"}}
                {"t":0.200000,"end":{"sessions":1,"messages":1}}

                """)
    }

    @Test(
        "of a compressed recording unpacks what can be unpacked, and compresses it again",
        .enabled(if: ZstandardTool.isInstalled))
    func compressed() throws {
        let frames = try PackedRecording.framePerLine(Self.text)
        var damaged = frames
        damaged[5][damaged[5].count - 2] ^= 0x55
        for (bytes, lost) in [(frames.dropLast().joined() + frames[16].dropLast(9), 16), (damaged.joined() + [], 5)] {
            let sample = try CheckedSample(bytes, name: "a.tape.jsonl.zst")
            #expect(try !sample.check().isEmpty)
            try sample.repair()
            #expect(try sample.check() == [])
            #expect(sample.bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
            let plain = try ShortProgram.run("zstd", ["-d", "-q", "-c", sample.path])
            #expect(plain.status == 0)
            let text = String(decoding: plain.output, as: UTF8.self)
            for (index, line) in Self.lines.enumerated() where index != lost { #expect(text.contains(line + "\n")) }
            #expect(text.contains("\"gap\":"))
        }
    }
}
