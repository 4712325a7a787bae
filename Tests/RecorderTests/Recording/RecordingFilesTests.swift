import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("The files of a recording") struct RecordingFilesTests {
    private static let header = RecordingHeader(created: "2026-11-22T10:00:00.000000Z", tool: "t", ports: [])

    private static func settings(_ change: (inout RecordingSettings) -> Void) -> RecordingSettings {
        var settings = RecordingSettings()
        change(&settings)
        return settings
    }

    private static func append(
        _ writer: RecordingWriter, _ session: Int, _ text: String, _ kind: RecordingWriter.LineKind = .message
    ) {
        var line = ByteWriter()
        line.append("\"s\":\(session),\(text)}")
        writer.append(line, session: session, kind)
    }

    private static func open(_ writer: RecordingWriter) -> Int {
        let session = writer.nextSession()
        append(writer, session, #""open":{"port":1,"peer":"p\#(session)"}"#, .opening)
        return session
    }

    private static func message(_ writer: RecordingWriter, _ session: Int, _ text: String) throws {
        append(writer, session, #""from":"client","text":"\#(text)""#)
        try writer.commit()
    }

    private static func close(_ writer: RecordingWriter, _ session: Int) {
        append(writer, session, #""close":"clean""#, .closing)
    }

    /// The lines of a file without the times; the header's first key stands for it.
    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            line.hasPrefix("{\"tapedeck\"") ? "header" : "{" + line.drop { $0 != "," }.dropFirst()
        }
    }

    // MARK: Rotation

    @Test("of so many bytes each end as they should, and the next one says which sessions go on")
    func rotation() throws {
        let folder = try TemporaryFolder()
        try Data("precious".utf8).write(to: URL(filePath: folder / "a.0002.tape.jsonl"))
        let writer = try RecordingWriter(
            path: folder / "a.tape.jsonl", header: Self.header,
            settings: Self.settings { $0.rotation = .bytes(1_024) })
        let stays = Self.open(writer)
        let goes = Self.open(writer)
        try Self.message(writer, stays, String(repeating: "x", count: 400))
        Self.close(writer, goes)
        try Self.message(writer, stays, String(repeating: "y", count: 600))
        try Self.message(writer, stays, "next")
        try writer.end()
        let first = try Self.lines(folder / "a.tape.jsonl")
        #expect(first.count == 7)
        #expect(first.last == #"{"end":{"sessions":2,"messages":2}}"#)
        #expect(
            try Self.lines(folder / "a.0003.tape.jsonl") == [
                "header", #"{"s":1,"open":{"port":1,"peer":"p1","continued":true}}"#,
                #"{"s":1,"from":"client","text":"next"}"#, #"{"end":{"sessions":1,"messages":1}}"#,
            ])
        #expect(try String(contentsOfFile: folder / "a.0002.tape.jsonl", encoding: .utf8) == "precious")
        #expect(writer.counts == (2, 3, 0) && writer.fileCount == 2)
        for name in ["a.tape.jsonl", "a.0003.tape.jsonl"] {
            let read = try ReadRecording(path: folder / name)
            #expect(read.isEnded && read.damaged.isEmpty)
            #expect(read.events.first?.time == 0 || name == "a.tape.jsonl")
        }
    }

    @Test("of so much time are followed by another one at the first event behind it")
    func rotationByTime() throws {
        let folder = try TemporaryFolder()
        let time = Mutex<Int64>(5)
        let writer = try RecordingWriter(
            path: folder / "a", header: Self.header, settings: Self.settings { $0.rotation = .microseconds(60_000_000) }
        ) { time.withLock { $0 } }
        let session = Self.open(writer)
        try Self.message(writer, session, "one")
        time.withLock { $0 = 60_000_004 }
        try Self.message(writer, session, "two")
        #expect(access(folder / "a.0002", F_OK) != 0)
        time.withLock { $0 = 60_000_005 }
        try Self.message(writer, session, "three")
        time.withLock { $0 = 60_000_105 }
        try Self.message(writer, session, "four")
        try writer.end()
        let events = try ReadRecording(path: folder / "a.0002").events
        // The opening, the message, the end.
        #expect(events.map(\.time) == [0, 100, 100])
        #expect(events.map(\.session) == [1, 1, 0])
    }

    @Test(
        "hold every line once and in order, while many threads write and files turn over",
        arguments: RecordingSettings.Durability.allCases)
    func manyThreads(durability: RecordingSettings.Durability) throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(
            path: folder / "a", header: Self.header,
            settings: Self.settings {
                $0.rotation = .bytes(4_000)
                $0.durability = durability
            })
        let finished = DispatchSemaphore(value: 0)
        for _ in 0..<4 {
            Thread {
                let session = Self.open(writer)
                for index in 0..<300 {
                    Self.append(writer, session, #""from":"client","text":"\#(index)""#)
                    // The thread would else write all of them at once.
                    let done = DispatchSemaphore(value: 0)
                    writer.commit { _ in done.signal() }
                    done.wait()
                }
                finished.signal()
            }.start()
        }
        for _ in 0..<4 { finished.wait() }
        try writer.end()
        #expect(writer.fileCount > 5)
        var next = [Int: Int]()
        for number in 1...writer.fileCount {
            let read = try ReadRecording(path: RecordingName.numbered(folder / "a", number))
            #expect(read.isEnded && read.damaged.isEmpty && read.tornLine == nil)
            var opened = Set<Int>()
            for event in read.events {
                switch event.kind {
                case .opened(let opening):
                    #expect(opening.isContinued == (next[event.session] != nil))
                    opened.insert(event.session)
                    next[event.session] = next[event.session] ?? 0
                case .message(let message):
                    #expect(opened.contains(event.session))
                    let expected = next[event.session] ?? -1
                    #expect(message.text == Array("\"\(expected)\"".utf8))
                    next[event.session] = expected + 1
                default: break
                }
            }
        }
        #expect(next == [1: 300, 2: 300, 3: 300, 4: 300])
    }

    @Test(
        "of a series have the number before their ending",
        arguments: [
            ("a.tape.jsonl", "a.0002.tape.jsonl"), ("a.tape.jsonl.zst", "a.0002.tape.jsonl.zst"), ("a", "a.0002"),
            ("x.tape.jsonl/a.b", "x.tape.jsonl/a.b.0002"), ("a.jsonl", "a.0002.jsonl"),
        ])
    func names(first: String, second: String) {
        #expect(RecordingName.numbered(first, 1) == first)
        #expect(RecordingName.numbered(first, 2) == second)
        #expect(RecordingName.numbered("a.tape.jsonl", 12_345) == "a.12345.tape.jsonl")
    }

    @Test("leave none behind in which nothing happened, when the last write filled the one before")
    func fullAtLast() throws {
        let folder = try TemporaryFolder()
        let settings = Self.settings { $0.rotation = .bytes(1_024) }
        let writer = try RecordingWriter(path: folder / "a", header: Self.header, settings: settings)
        let session = Self.open(writer)
        for _ in 0..<2 { try Self.message(writer, session, String(repeating: "x", count: 1_100)) }
        // The third file has begun by now.
        #expect(access(folder / "a.0003", F_OK) == 0)
        try writer.end()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "a.0002"])
        for name in ["a", "a.0002"] { #expect(try ReadRecording(path: folder / name).isEnded) }
        #expect(writer.fileCount == 2)
        #expect(writer.fileNames == .init(first: folder / "a", last: folder / "a.0002"))
    }

    @Test("that are appended to a series are told of by the names that they have")
    func appendedSeries() throws {
        let folder = try TemporaryFolder()
        let settings = Self.settings {
            $0.rotation = .bytes(1_024)
            $0.existing = .append
        }
        for _ in 0..<2 {
            let writer = try RecordingWriter(path: folder / "a", header: Self.header, settings: settings)
            let session = Self.open(writer)
            for _ in 0..<2 { try Self.message(writer, session, String(repeating: "x", count: 1_100)) }
            try Self.message(writer, session, "last")
            try writer.end()
            let first = access(folder / "a.0004", F_OK) == 0 ? "a.0003" : "a"
            #expect(writer.fileCount == 3)
            #expect(
                writer.fileNames
                    == .init(first: folder / first, last: folder / (first == "a" ? "a.0003" : "a.0005")))
        }
    }

    // MARK: Reopening

    @Test("are reopened where they were moved away, where an empty one stands too; nothing is lost or doubled")
    func reopen() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a"
        let writer = try RecordingWriter(path: path, header: Self.header)
        let session = Self.open(writer)
        try Self.message(writer, session, "one")
        #expect(try !writer.reopen())
        #expect(rename(path, folder / "moved") == 0)
        try Self.message(writer, session, "two")
        #expect(try writer.reopen())
        #expect(try !writer.reopen())
        try Self.message(writer, session, "three")
        #expect(rename(path, folder / "moved again") == 0)
        try Data().write(to: URL(filePath: path))
        chmod(path, 0o644)
        #expect(try writer.reopen())
        Self.close(writer, session)
        try writer.end()
        let opening = #"{"s":1,"open":{"port":1,"peer":"p1","continued":true}}"#
        #expect(try Self.lines(folder / "moved").dropFirst(2).joined().contains("two"))
        #expect(try Self.lines(folder / "moved").last == #"{"end":{"sessions":1,"messages":2}}"#)
        #expect(
            try Self.lines(folder / "moved again") == [
                "header", opening, #"{"s":1,"from":"client","text":"three"}"#, #"{"end":{"sessions":1,"messages":1}}"#,
            ])
        #expect(
            try Self.lines(path) == [
                "header", opening, #"{"s":1,"close":"clean"}"#, #"{"end":{"sessions":1,"messages":0}}"#,
            ])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("are not reopened where something else stands: that is left alone, and the recording goes on where it is")
    func reopenRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a"
        let writer = try RecordingWriter(path: path, header: Self.header)
        let session = Self.open(writer)
        #expect(rename(path, folder / "moved") == 0)
        try Data("precious".utf8).write(to: URL(filePath: path))
        let error = #expect(throws: RecordingError.self) { _ = try writer.reopen() }
        #expect(error?.description == "\(path): another file stands there that is not empty")
        try Self.message(writer, session, "goes on")
        try writer.end()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        #expect(try ReadRecording(path: folder / "moved").isEnded)
    }

    // MARK: Files that are there

    @Test("go on behind what they hold: a torn tail is cut off, the sessions count on, time begins again")
    func appended() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a"
        let old = [RecordingSamples.header, RecordingSamples.open, RecordingSamples.message]
            .map { $0 + "\n" }.joined()
        try Data((old + #"{"t":2.0,"s":1,"fro"#).utf8).write(to: URL(filePath: path))
        let writer = try RecordingWriter(
            path: path, header: Self.header, settings: Self.settings { $0.existing = .append })
        #expect(writer.cutBytes == 19)
        #expect(throws: RecordingError(.cannotOpen, path, "another program is writing this file: name another one")) {
            try RecordingWriter(path: path, header: Self.header, settings: Self.settings { $0.existing = .append })
        }
        #expect(throws: RecordingError(.cannotOpen, path, "another program is writing this file: name another one")) {
            try RecordingWriter(path: path, header: Self.header, settings: Self.settings { $0.existing = .replace })
        }
        let session = Self.open(writer)
        #expect(session == 2)
        try Self.message(writer, session, "new")
        try writer.end()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.hasPrefix(old + "{\"tapedeck\":1,"))
        #expect(text.hasSuffix("\"end\":{\"sessions\":1,\"messages\":1}}\n"))
        #expect(try ReadRecording(path: path).damaged == [])
    }

    @Test("that are compressed go on wherever they were cut: what could be unpacked stays, and new frames follow")
    func appendedToCompressed() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.tape.jsonl.zst"
        // With a frame that has ended, and one that has begun.
        let first = try RecordingWriter(path: path, header: Self.header)
        let session = Self.open(first)
        try Self.message(first, session, String(repeating: "x", count: 1 << 20))
        for text in ["one", "two"] { try Self.message(first, session, text) }
        let bytes = try Data(contentsOf: URL(filePath: path))
        try first.end()
        var kept = Set<Int>()
        for count in stride(from: bytes.count, to: 20, by: -1) {
            try bytes.prefix(count).write(to: URL(filePath: path))
            let before = try Self.wholeLines(path)
            guard !before.isEmpty else { continue }
            kept.insert(before.count)
            let writer = try RecordingWriter(
                path: path, header: Self.header, settings: Self.settings { $0.existing = .append })
            let session = Self.open(writer)
            #expect(session == (before.count > 1 ? 2 : 1))
            try writer.end()
            let after = try Self.wholeLines(path)
            #expect(after.starts(with: before) && after.count == before.count + 3, "cut after byte \(count)")
            #expect(try ReadRecording(path: path).damaged == [], "cut after byte \(count)")
        }
        #expect(kept == [1, 2, 3, 4, 5] || kept == [2, 3, 4, 5] || kept == [3, 4, 5])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl.zst"])
    }

    private static func wholeLines(_ path: String) throws -> [String] {
        let lines = LineReader(try RecordingFile.bytes(of: path), maximumLineBytes: 1 << 30)
        var found: [String] = []
        while case .whole(let text) = try lines.next() { found.append(String(decoding: text, as: UTF8.self)) }
        return found
    }

    @Test("are not added to where the name says one thing and the bytes another")
    func compressionUnlikeName() throws {
        let folder = try TemporaryFolder()
        let text = Data((RecordingSamples.header + "\n").utf8)
        try text.write(to: URL(filePath: folder / "a.zst"))
        let plain = #expect(throws: RecordingError.self) {
            try RecordingWriter(
                path: folder / "a.zst", header: Self.header, settings: Self.settings { $0.existing = .append })
        }
        #expect(plain?.reason.contains("is not compressed, but its name ends in .zst") == true)
        try RecordingWriter(path: folder / "b.zst", header: Self.header).end()
        #expect(rename(folder / "b.zst", folder / "b") == 0)
        let packed = #expect(throws: RecordingError.self) {
            try RecordingWriter(
                path: folder / "b", header: Self.header, settings: Self.settings { $0.existing = .append })
        }
        #expect(packed?.reason.contains("is compressed, and its name does not end in .zst") == true)
    }

    @Test("are as they were before where the start is taken back")
    func discarded() throws {
        let folder = try TemporaryFolder()
        let old = RecordingSamples.header + "\n" + RecordingSamples.open + "\n"
        try Data(old.utf8).write(to: URL(filePath: folder / "a"))
        try RecordingWriter(
            path: folder / "a", header: Self.header, settings: Self.settings { $0.existing = .append }
        ).discard()
        #expect(try String(contentsOfFile: folder / "a", encoding: .utf8) == old)
        try RecordingWriter(path: folder / "b", header: Self.header).discard()
        #expect(access(folder / "b", F_OK) != 0)
    }

    @Test("are appended to only where they are recordings; empty and missing ones are begun")
    func appendable() throws {
        let folder = try TemporaryFolder()
        let append = Self.settings { $0.existing = .append }
        for (name, text) in [
            ("foreign", "GET / HTTP/1.1\n"), ("newer", "{\"tapedeck\":7,\"created\":\"2030-01-01T00:00:00Z\"}\n"),
            ("torn", "{\"tapedeck\":1"), ("a.zst", "\u{28}xyz"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: folder / name))
            #expect(throws: RecordingError.self, "\(name)") {
                try RecordingWriter(path: folder / name, header: Self.header, settings: append)
            }
            #expect(try String(contentsOfFile: folder / name, encoding: .utf8) == text)
        }
        try Data().write(to: URL(filePath: folder / "empty"))
        for name in ["empty", "missing"] {
            try RecordingWriter(path: folder / name, header: Self.header, settings: append).end()
            #expect(try ReadRecording(path: folder / name).isEnded)
        }
    }

    @Test("go on in the last one of a series")
    func appendedToSeries() throws {
        let folder = try TemporaryFolder()
        let settings = Self.settings {
            $0.rotation = .bytes(1)
            $0.existing = .append
        }
        for round in 0..<2 {
            let writer = try RecordingWriter(path: folder / "a", header: Self.header, settings: settings)
            let session = Self.open(writer)
            for message in 1...2 { try Self.message(writer, session, "round \(round), \(message)") }
            try writer.end()
        }
        #expect(access(folder / "a.0003", F_OK) == 0 && access(folder / "a.0004", F_OK) != 0)
        #expect(try Self.lines(folder / "a.0002").joined().contains(#""s":2,"open":{"port":1,"peer":"p2"}"#))
    }

    @Test("are replaced as a whole, and only where they are files")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let replace = Self.settings { $0.existing = .replace }
        try Data("old".utf8).write(to: URL(filePath: folder / "a"))
        let reader = try FileHandle(forReadingFrom: URL(filePath: folder / "a"))
        let writer = try RecordingWriter(path: folder / "a", header: Self.header, settings: replace)
        try writer.end()
        #expect(try ReadRecording(path: folder / "a").isEnded)
        // Who had it open reads on in the old one.
        #expect(try reader.readToEnd() == Data("old".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
        symlink(folder / "a", folder / "link")
        mkfifo(folder / "pipe", 0o600)
        for name in ["link", "pipe"] {
            #expect(throws: RecordingError.self) {
                try RecordingWriter(path: folder / name, header: Self.header, settings: replace)
            }
        }
    }

    @Test("that are to be replaced are as they were when the new one cannot be written")
    func notReplaced() throws {
        let folder = try TemporaryFolder()
        try Data("old".utf8).write(to: URL(filePath: folder / "a"))
        #expect(throws: RecordingError.self) {
            try RecordingWriter(
                path: folder / "a", header: Self.header,
                settings: Self.settings {
                    $0.existing = .replace
                    $0.operations.write = { _, _ in Int(-ENOSPC) }
                })
        }
        #expect(try String(contentsOfFile: folder / "a", encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    }

    // MARK: A file for each session

    @Test("of a folder hold a session each", arguments: RecordingSettings.Durability.allCases)
    func sessionFiles(durability: RecordingSettings.Durability) throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(
            path: folder / "sessions/", header: Self.header,
            settings: Self.settings {
                $0.isFolder = true
                $0.durability = durability
            })
        let sessions = (0..<3).map { _ in Self.open(writer) }
        for session in sessions { try Self.message(writer, session, "of \(session)") }
        try Self.message(writer, 2, "more")
        Self.close(writer, 1)
        try writer.commit()
        try writer.end()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder / "sessions")
        #expect(names.count == 3)
        for (session, messages) in [(1, ["of 1"]), (2, ["of 2", "more"]), (3, ["of 3"])] {
            let name = try #require(names.first { $0.hasSuffix("Z-s\(session).tape.jsonl") })
            #expect(
                try Self.lines(folder / "sessions/\(name)") == [
                    "header", #"{"s":\#(session),"open":{"port":1,"peer":"p\#(session)"}}"#,
                ] + messages.map { #"{"s":\#(session),"from":"client","text":"\#($0)"}"# }
                    + (session == 1 ? [#"{"s":1,"close":"clean"}"#] : [])
                    + [#"{"end":{"sessions":1,"messages":\#(messages.count)}}"#])
            var status = stat()
            #expect(stat(folder / "sessions/\(name)", &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("of a folder are open only as many at a time as may be, and are written on all the same")
    func fewDescriptors() throws {
        let folder = try TemporaryFolder()
        let files = try SessionFolder(folder.path, .system, mostOpen: 2)
        for round in 0..<5 {
            var text = ByteWriter()
            var pieces: [PendingLines.Piece] = []
            // Two pieces of each session, in turns.
            for part in 0..<2 {
                for session in 1...6 {
                    text.append("\(round).\(part)\n")
                    pieces.append(
                        .init(session: session, end: text.count, begins: round + part == 0 ? "\(session)" : nil))
                    pieces[pieces.count - 1].isLast = round == 4 && part == 1
                }
            }
            try files.write(text, pieces, toDisk: false, at: 0)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasPrefix(folder.path) == true
            }
            #expect(open.count <= 2)
        }
        for session in 1...6 {
            #expect(
                try String(contentsOfFile: folder / "\(session)", encoding: .utf8)
                    == (0..<5).flatMap { ["\($0).0\n", "\($0).1\n"] }.joined())
        }
    }

    // MARK: Compression

    static let hasZstd = (try? ShortProgram.run("zstd", ["--version"]))?.status == 0

    @Test("that end in .zst read with zstd after every commit, as if it were the last", .enabled(if: hasZstd))
    func compressed() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.tape.jsonl.zst"
        let writer = try RecordingWriter(path: path, header: Self.header)
        let session = Self.open(writer)
        for number in 0..<12 {
            // The last ones are longer than a frame.
            try Self.message(writer, session, String(repeating: "\(number) ", count: number < 8 ? 50 : 600_000))
            let read = try ShortProgram.run("zstd", ["-dcq", path])
            let text = String(decoding: read.output, as: UTF8.self)
            #expect(text.hasSuffix(" \(number) \"}\n") && text.hasPrefix("{\"tapedeck\":1"), "\(number)")
        }
        try writer.end()
        let read = try ShortProgram.run("zstd", ["-dcq", path])
        #expect(read.status == 0)
        #expect(String(decoding: read.output, as: UTF8.self).hasSuffix("\"end\":{\"sessions\":1,\"messages\":12}}\n"))
        #expect(try ShortProgram.run("zstd", ["-tq", path]).status == 0)
    }
}
