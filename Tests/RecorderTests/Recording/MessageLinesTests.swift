import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("Messages that came together") struct MessageLinesTests {
    /// A clock that stands until it is set.
    private final class Clock: Sendable {
        private let time = Mutex<Int64>(1_000_000)

        var now: Int64 {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }

    private static let header = RecordingHeader(created: "2026-11-22T10:00:00.000000Z", tool: "t", ports: [])

    private static func writer(
        _ folder: TemporaryFolder, _ clock: Clock, _ change: (inout RecordingSettings) -> Void = { _ in }
    ) throws -> RecordingWriter {
        var settings = RecordingSettings()
        change(&settings)
        return try RecordingWriter(path: folder / "a.tape.jsonl", header: header, settings: settings) { clock.now }
    }

    /// Lines of a session that came when the clock showed `time`, for the file of that moment.
    private static func lines(
        _ texts: [String], of session: Int = 1, at time: Int64, for writer: RecordingWriter
    ) -> MessageLines {
        var lines = MessageLines()
        lines.begin(of: session, at: time, since: writer.start)
        for text in texts {
            lines.beginLine()
            lines.text.append(#""s":\#(session),"from":"client","text":"\#(text)""#)
            lines.endLine()
        }
        return lines
    }

    private static func append(
        _ text: String, session: Int = 1, _ kind: RecordingWriter.LineKind = .other, to writer: RecordingWriter
    ) {
        var line = ByteWriter()
        line.append(text)
        writer.append(line, session: session, kind)
    }

    /// The file's lines behind its header.
    private static func written(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map(String.init)
    }

    @Test("stand one behind the other, at the time when they came, with the repeated one as the server's")
    func together() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let writer = try Self.writer(folder, clock)
        clock.now = 2_500_000
        var lines = Self.lines(["one", "two"], at: clock.now, for: writer)
        lines.repeatLine(fromServerAt: #""s":1,"#.utf8.count)
        lines.repeatLine(fromServerAt: #""s":1,"#.utf8.count)
        clock.now = 3_000_000
        writer.append(lines)
        #expect(writer.counts.messages == 4)
        try writer.end()
        #expect(
            try Self.written(folder / "a.tape.jsonl") == [
                #"{"t":1.500000,"s":1,"from":"client","text":"one"}"#,
                #"{"t":1.500000,"s":1,"from":"client","text":"two"}"#,
                #"{"t":1.500000,"s":1,"from":"server","text":"two"}"#,
                #"{"t":1.500000,"s":1,"from":"server","text":"two"}"#,
                #"{"t":2.000000,"end":{"sessions":0,"messages":4}}"#,
            ])
    }

    @Test("go on with the last one at another time, where the text has room for that")
    func lastLine() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let writer = try Self.writer(folder, clock)
        let offset = #""s":1,"#.utf8.count
        var lines = Self.lines(["one", "two"], at: 1_500_000, for: writer)
        var hasRoom = lines.keepLastLine(fromServerAt: offset, at: 1_600_000, since: writer.start)
        #expect(hasRoom)
        hasRoom = lines.keepLastLine(fromServerAt: offset, at: 10_999_999, since: writer.start)
        #expect(hasRoom)
        lines.repeatLine(fromServerAt: offset)
        writer.append(lines)
        // Ten seconds have a digit more.
        var single = Self.lines(["one"], at: 10_999_999, for: writer)
        hasRoom = single.keepLastLine(fromServerAt: offset, at: 11_000_000, since: writer.start)
        #expect(!hasRoom)
        clock.now = 11_000_000
        try writer.end()
        #expect(
            try Self.written(folder / "a.tape.jsonl") == [
                #"{"t":9.999999,"s":1,"from":"server","text":"two"}"#,
                #"{"t":9.999999,"s":1,"from":"server","text":"two"}"#,
                #"{"t":10.000000,"end":{"sessions":0,"messages":2}}"#,
            ])
    }

    @Test("have the time of what another event loop appended, where that happened later")
    func overtaken() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let writer = try Self.writer(folder, clock)
        let lines = Self.lines(["one", "two"], at: 1_100_000, for: writer)
        clock.now = 1_200_000
        Self.append(#""s":2,"eof":"client"}"#, to: writer)
        writer.append(lines)
        try writer.end()
        #expect(
            try Self.written(folder / "a.tape.jsonl") == [
                #"{"t":0.200000,"s":2,"eof":"client"}"#, #"{"t":0.200000,"s":1,"from":"client","text":"one"}"#,
                #"{"t":0.200000,"s":1,"from":"client","text":"two"}"#,
                #"{"t":0.200000,"end":{"sessions":0,"messages":2}}"#,
            ])
    }

    @Test("count from the beginning of the file that they come into, not of the one they were made for")
    func nextFile() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let writer = try Self.writer(folder, clock) { $0.rotation = .bytes(1_024) }
        let before = Self.lines(["one", "two"], at: 1_100_000, for: writer)
        clock.now = 3_000_000
        Self.append(#""s":1,"from":"client","text":"\#(String(repeating: "x", count: 1_024))"}"#, .message, to: writer)
        try writer.commit()
        writer.append(before)
        clock.now = 3_000_007
        writer.append(Self.lines(["three"], at: clock.now, for: writer))
        try writer.end()
        #expect(
            try Self.written(folder / "a.0002.tape.jsonl") == [
                #"{"t":0.000000,"s":1,"from":"client","text":"one"}"#,
                #"{"t":0.000000,"s":1,"from":"client","text":"two"}"#,
                #"{"t":0.000007,"s":1,"from":"client","text":"three"}"#,
                #"{"t":0.000007,"end":{"sessions":0,"messages":3}}"#,
            ])
    }

    @Test("count from the opening of their session where that has a file of its own")
    func ownFile() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        var settings = RecordingSettings()
        settings.isFolder = true
        let writer = try RecordingWriter(path: folder.path + "/", header: Self.header, settings: settings) { clock.now }
        clock.now = 2_000_000
        Self.append(#""s":1,"open":{"port":1,"peer":"p"}}"#, .opening, to: writer)
        writer.append(Self.lines(["one", "two"], at: 2_000_003, for: writer))
        try writer.end()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(
            try Self.written(folder / #require(names.first)) == [
                #"{"t":0.000000,"s":1,"open":{"port":1,"peer":"p"}}"#,
                #"{"t":0.000003,"s":1,"from":"client","text":"one"}"#,
                #"{"t":0.000003,"s":1,"from":"client","text":"two"}"#,
                #"{"t":0.000003,"end":{"sessions":1,"messages":2}}"#,
            ])
    }

    @Test("are taken as far as there is room, and those left out are counted")
    func room() throws {
        let mayGoOn = DispatchSemaphore(value: 0)
        let isWriting = DispatchSemaphore(value: 0)
        let isHeld = Mutex(false)
        let disk = FaultyDisk(largestWrite: 1 << 20) {
            guard isHeld.withLock({ $0 }) else { return }
            isHeld.withLock { $0 = false }
            isWriting.signal()
            mayGoOn.wait()
        }
        var settings = RecordingSettings()
        (settings.durability, settings.onFull, settings.queueBytes) = (.none, .drop, 100)
        settings.operations = disk.operations
        let writer = try RecordingWriter(path: "/nowhere/a", header: Self.header, settings: settings) { 0 }
        isHeld.withLock { $0 = true }
        writer.append(Self.lines(["held"], at: 0, for: writer))
        try writer.commit()
        isWriting.wait()
        // Each of 41 bytes, and 16 for its time and LF: the third finds no room.
        let text = String(repeating: "x", count: 9)
        writer.append(Self.lines([text, text, text, text], at: 0, for: writer))
        #expect(writer.counts.messages == 3 && writer.counts.leftOut == 2)
        mayGoOn.signal()
        try writer.end()
        let lines = String(decoding: disk.now.bytes, as: UTF8.self).split(separator: "\n").dropFirst()
        let message = #"{"t":0.000000,"s":1,"from":"client","text":"\#(text)"}"#
        #expect(
            Array(lines) == [
                #"{"t":0.000000,"s":1,"from":"client","text":"held"}"#, Substring(message), Substring(message),
                #"{"t":0.000000,"gap":{"events":2,"why":"the disk was slower than the events came"}}"#,
                #"{"t":0.000000,"end":{"sessions":0,"messages":3}}"#,
            ])
    }

    @Test("are each counted as lost once the recording has failed")
    func lost() throws {
        var settings = RecordingSettings()
        settings.onFailure = .continue
        let mayWrite = Mutex(true)
        var operations = FaultyDisk(largestWrite: 1 << 20).operations
        let write = operations.write
        operations.write = { descriptor, bytes in mayWrite.withLock { $0 } ? write(descriptor, bytes) : -28 }
        settings.operations = operations
        let writer = try RecordingWriter(path: "/nowhere/a", header: Self.header, settings: settings) { 0 }
        mayWrite.withLock { $0 = false }
        writer.append(Self.lines(["one"], at: 0, for: writer))
        try writer.commit()
        writer.append(Self.lines(["two", "three", "four"], at: 0, for: writer))
        let error = #expect(throws: RecordingError.self) { try writer.end() }
        #expect(error?.description.hasSuffix("without 4 events that came later") == true)
    }
}
