import Foundation
import Glibc
import Synchronization
import Testing

@testable import Codecs
@testable import Recorder

@Suite("A writer of recordings") struct RecordingWriterTests {
    private static let header = RecordingHeader(created: "2026-11-22T10:00:00.000000Z", tool: "t", ports: [])

    private static func line(_ text: String) -> ByteWriter {
        var line = ByteWriter()
        line.append(text)
        return line
    }

    // MARK: What stands at the path

    @Test("leaves alone what stands at its path, and names it")
    func nothingIsOverwritten() throws {
        let folder = try TemporaryFolder()
        try Data("precious".utf8).write(to: URL(filePath: folder / "file"))
        chmod(folder / "file", 0o644)
        try FileManager.default.createSymbolicLink(atPath: folder / "link", withDestinationPath: folder / "file")
        try FileManager.default.createSymbolicLink(atPath: folder / "dangling", withDestinationPath: folder / "nowhere")
        try FileManager.default.createDirectory(atPath: folder / "folder", withIntermediateDirectories: false)
        #expect(mkfifo(folder / "pipe", 0o600) == 0)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let reasons = [
            "file": "exists already, and nothing is overwritten: --append adds to it, --force replaces it",
            "link": "is a link, and none is followed: name the file itself",
            "dangling": "is a link, and none is followed: name the file itself",
            "folder": "is a folder, not a file", "pipe": "is a pipe (fifo), not a file",
        ]
        for name in before {
            let error = #expect(throws: RecordingError.self, "\(name)") {
                try RecordingWriter(path: folder / name, header: Self.header)
            }
            #expect(error == RecordingError(.cannotOpen, folder / name, reasons[name] ?? ""))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
        #expect(try Data(contentsOf: URL(filePath: folder / "file")) == Data("precious".utf8))
        var status = stat()
        #expect(stat(folder / "file", &status) == 0 && status.st_mode & 0o777 == 0o644)
    }

    @Test("names a folder that is not there, and a second writer")
    func cannotMake() throws {
        let folder = try TemporaryFolder()
        for (path, text) in [
            (folder / "missing/a.tape.jsonl", "\(folder / "missing/a.tape.jsonl"): cannot make this file: "),
            ("", "\"\": the name of the file is empty"),
            (folder.path + "/a/", "\(folder.path)/a/: is the name of a folder, not of a file"),
        ] {
            let error = #expect(throws: RecordingError.self) { try RecordingWriter(path: path, header: Self.header) }
            #expect(error?.code == .cannotOpen)
            #expect(error?.description.hasPrefix(text) == true)
        }
        let first = try RecordingWriter(path: folder / "a", header: Self.header)
        #expect(throws: RecordingError.self) { try RecordingWriter(path: folder / "a", header: Self.header) }
        try first.end()
        #expect(try ReadRecording(path: folder / "a").isEnded)
    }

    @Test("makes a file that only its owner reads")
    func mode() throws {
        let folder = try TemporaryFolder()
        // With umask 0 it is tested from outside: the umask is the whole process's.
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        var status = stat()
        #expect(stat(folder / "a", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        try writer.end()
    }

    @Test("has the header in the file as soon as it is there")
    func headerFirst() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        let read = try ReadRecording(path: folder / "a")
        #expect(read.header == Self.header)
        #expect(read.events == [])
        #expect(!read.isEnded)
        withExtendedLifetime(writer) {}
    }

    // MARK: Order and time

    @Test("lets no time go back, and counts from the header's")
    func time() throws {
        let folder = try TemporaryFolder()
        let times: [Int64] = [1_000_000, 1_000_000, 1_000_005, 999_000, 0, -5, 3_500_000, 3_499_999, 3_600_000]
        let next = Mutex(0)
        let writer = try RecordingWriter(path: folder / "a", header: Self.header) {
            next.withLock { index in
                defer { index += 1 }
                return times[index]
            }
        }
        for _ in 1..<times.count - 1 { writer.append(Self.line(#""s":1,"eof":"client"}"#), session: 1, .other) }
        try writer.end()
        #expect(
            try ReadRecording(path: folder / "a").events.map(\.time)
                == [0, 5, 5, 5, 5, 2_500_000, 2_500_000, 2_600_000])
    }

    @Test("keeps every line whole and every thread's order while many append and commit")
    func manyThreads() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        let threads = 8
        let lines = 2_000
        let finished = DispatchSemaphore(value: 0)
        let failures = Mutex(0)
        for _ in 0..<threads {
            Thread {
                let session = writer.nextSession()
                writer.append(
                    Self.line(#""s":\#(session),"open":{"port":1,"peer":"p"}}"#), session: session, .opening)
                for index in 0..<lines {
                    // Lines of very different lengths.
                    let text = String(repeating: "x", count: index % 7 == 0 ? 3_000 : index % 50)
                    writer.append(
                        Self.line(#""s":\#(session),"from":"client","text":"\#(index) \#(text)"}"#), session: 1,
                        .message)
                    if index % 3 == 0 {
                        do { try writer.commit() } catch { failures.withLock { $0 += 1 } }
                    }
                }
                finished.signal()
            }.start()
        }
        for _ in 0..<threads { finished.wait() }
        #expect(failures.withLock { $0 } == 0)
        #expect(writer.counts == (threads, threads * lines, 0))
        try writer.end()
        let text = try String(contentsOfFile: folder / "a", encoding: .utf8)
        #expect(text.hasSuffix(#""end":{"sessions":8,"messages":16000}}"# + "\n"))
        let read = try ReadRecording(path: folder / "a")
        #expect(read.damaged == [])
        #expect(read.tornLine == nil)
        #expect(read.isEnded)
        var next = [Int: Int]()
        var lastTime: Int64 = 0
        var outOfOrder = 0
        for event in read.events {
            guard case .message(let message) = event.kind else { continue }
            let expected = next[event.session, default: 0]
            if !message.text.starts(with: Array("\"\(expected) ".utf8)) { outOfOrder += 1 }
            if event.time < lastTime { outOfOrder += 1 }
            next[event.session] = expected + 1
            lastTime = event.time
        }
        #expect(outOfOrder == 0)
        #expect(next == Dictionary(uniqueKeysWithValues: (1...threads).map { ($0, lines) }))
    }

    @Test("has handed a line to the kernel when its commit returns, also where another thread wrote it")
    func commitIsHandedOver() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        let finished = DispatchSemaphore(value: 0)
        let missing = Mutex(0)
        let path = folder / "a"
        for thread in 1...4 {
            Thread {
                for index in 0..<50 {
                    let mark = "thread \(thread) line \(index) end"
                    writer.append(
                        Self.line(#""s":\#(thread),"from":"client","text":"\#(mark)"}"#), session: 1, .message)
                    try? writer.commit()
                    let text = (try? Data(contentsOf: URL(filePath: path))) ?? Data()
                    if text.range(of: Data(mark.utf8)) == nil { missing.withLock { $0 += 1 } }
                }
                finished.signal()
            }.start()
        }
        for _ in 1...4 { finished.wait() }
        #expect(missing.withLock { $0 } == 0)
        try writer.end()
    }

    // MARK: The end

    @Test("takes nothing after the end, and ends once")
    func ends() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        writer.append(Self.line(#""s":1,"eof":"client"}"#), session: 1, .other)
        try writer.end()
        let text = try String(contentsOfFile: folder / "a", encoding: .utf8)
        writer.append(Self.line(#""s":1,"eof":"server"}"#), session: 1, .other)
        try writer.commit()
        try writer.end()
        #expect(try String(contentsOfFile: folder / "a", encoding: .utf8) == text)
        #expect(try ReadRecording(path: folder / "a").events.map(\.line) == [2, 3])
    }

    // MARK: Failing writes

    /// Makes the writer's descriptor one of a device that is always full.
    private static func fill(_ path: String) throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            if target == path, let number = Int32(name) { #expect(dup2(full, number) == number) }
        }
    }

    @Test("ends the recording at the first write that fails: commit, append and end know it from then on")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a"
        let writer = try RecordingWriter(path: path, header: Self.header)
        writer.append(Self.line(#""s":1,"eof":"client"}"#), session: 1, .other)
        try writer.commit()
        try Self.fill(path)
        writer.append(Self.line(#""s":1,"eof":"server"}"#), session: 1, .other)
        let expected = RecordingError(
            .cannotWrite, path, "cannot write: No space left on device; the recording ends here")
        #expect(throws: expected) { try writer.commit() }
        writer.append(Self.line(#""s":1,"close":"clean"}"#), session: 1, .other)
        #expect(throws: expected) { try writer.commit() }
        #expect(throws: expected) { try writer.end() }
        #expect(throws: expected) { try writer.end() }
        #expect(throws: expected) { try writer.commit() }
        let read = try ReadRecording(path: path)
        #expect(read.events.map(\.kind) == [.endOfStream(.client)])
        #expect(!read.isEnded)
        #expect(read.tornLine == nil)
    }

    @Test("fails at the end when the end cannot be written")
    func fullDiskAtTheEnd() throws {
        let folder = try TemporaryFolder()
        let writer = try RecordingWriter(path: folder / "a", header: Self.header)
        try Self.fill(folder / "a")
        #expect(throws: RecordingError.self) { try writer.end() }
    }
}
