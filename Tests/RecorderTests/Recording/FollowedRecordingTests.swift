import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("A recording that is read while it grows") struct FollowedRecordingTests {
    /// A file that grows, and what is read of it.
    private final class Growth {
        let folder: TemporaryFolder
        let name: String
        let followed: FollowedRecording
        private var file: FileHandle?

        init(_ name: String = "a.tape.jsonl") throws {
            folder = try TemporaryFolder()
            self.name = name
            followed = FollowedRecording(path: folder / name)
        }

        /// Writes on; the first time to a new file.
        func write(_ bytes: some Sequence<UInt8>) throws {
            if file == nil { try make(name) }
            try file?.write(contentsOf: Data(bytes))
        }

        func write(_ text: String) throws { try write(text.utf8) }

        /// Makes a file, which is written to from then on.
        func make(_ name: String) throws {
            _ = FileManager.default.createFile(atPath: folder / name, contents: nil)
            file = try FileHandle(forWritingTo: URL(filePath: folder / name))
        }

        func move(to newName: String) throws {
            try FileManager.default.moveItem(atPath: folder / name, toPath: folder / newName)
        }

        func cut() throws {
            try file?.truncate(atOffset: 0)
            try file?.seek(toOffset: 0)
        }

        /// All that comes until there is nothing more, in short.
        func news() throws -> [String] {
            var news: [String] = []
            while true {
                do throws(RecordingError) {
                    let step = try followed.step()
                    if step == .nothing { return news }
                    news.append(Self.text(step))
                    if step == .over { return news }
                } catch {
                    guard error.code == .damagedLine else { throw error }
                    news.append("damaged \(error.line)")
                }
            }
        }

        private static func text(_ step: FollowedRecording.Step) -> String {
            switch step {
            case .began: "began"
            case .told(_, let shortcoming): shortcoming.reason
            case .nothing: "nothing"
            case .over: "over"
            case .event(let event):
                switch event.kind {
                case .message(let message): String(decoding: message.text, as: UTF8.self)
                case .resumed: "resumed"
                case .ended: "end"
                default: "event"
                }
            }
        }
    }

    private static let header = RecordingSamples.header + "\n"
    private static let end = RecordingSamples.end + "\n"
    private static let laterHeader = header.replacingOccurrences(of: "T10:00", with: "T11:00")

    private static func message(_ number: Int) -> String {
        "{\"t\":1.5,\"s\":1,\"from\":\"client\",\"value\":\(number)}\n"
    }

    @Test("is waited for until its first line is whole, and told of once")
    func beginning() throws {
        let growth = try Growth()
        #expect(try growth.news() == ["no recording is there yet: waiting for it"])
        #expect(try growth.news().isEmpty)
        try growth.write("")
        #expect(try growth.news().isEmpty)
        for byte in Self.header.utf8.dropLast() {
            try growth.write([byte])
            #expect(try growth.news().isEmpty)
        }
        try growth.write("\n")
        #expect(try growth.news() == ["began"])
        #expect(try growth.news().isEmpty)
    }

    @Test("gives each line once it is whole, wherever it was cut, and ends with its end")
    func dripped() throws {
        let growth = try Growth()
        try growth.write(Self.header)
        #expect(try growth.news() == ["began"])
        for byte in Self.message(7).utf8.dropLast() {
            try growth.write([byte])
            #expect(try growth.news().isEmpty)
        }
        try growth.write("\n" + Self.message(8) + "{\"torn")
        #expect(try growth.news() == ["7", "8"])
        try growth.write("\"}\n" + Self.message(9))
        #expect(try growth.news() == ["damaged 4", "9"])
        try growth.write(Self.end)
        #expect(try growth.news() == ["end", "over"])
        #expect(try growth.news() == ["over"])
    }

    @Test("goes on after an end where another header was appended in time")
    func appended() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1) + Self.end + Self.laterHeader + Self.message(2))
        #expect(try growth.news() == ["began", "1", "end", "resumed", "2"])
    }

    @Test("is read to its end when it is moved away, also behind the new file that stands there empty")
    func rotatedByName() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1))
        #expect(try growth.news() == ["began", "1"])
        try growth.move(to: "a.1")
        try growth.write(Self.message(2))
        #expect(try growth.news() == ["2"])
        // As logrotate does with `create`: the recorder still writes to the old one.
        let new = growth.folder / growth.name
        _ = FileManager.default.createFile(atPath: new, contents: nil)
        try growth.write(Self.message(3))
        #expect(try growth.news() == ["3"])
        try growth.write(Self.message(4) + Self.end)
        try Data((Self.laterHeader + Self.message(5)).utf8).write(to: URL(filePath: new))
        #expect(
            try growth.news() == [
                "4", "end", "another file stands here now: it is read from its beginning", "resumed", "5",
            ])
    }

    @Test("tells that a file which another one replaced had no end")
    func replaced() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1) + "{\"t\":")
        #expect(try growth.news() == ["began", "1"])
        try FileManager.default.removeItem(atPath: growth.folder / growth.name)
        #expect(try growth.news().isEmpty)
        try growth.make(growth.name)
        try growth.write(Self.laterHeader + Self.message(2))
        #expect(
            try growth.news() == [
                "torn: this line was never finished; all before it is shown",
                "another file stands here now: it is read from its beginning", "resumed", "2",
            ])
    }

    @Test("is read from its beginning when it was written anew between two looks, and is longer than before")
    func rewritten() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1))
        #expect(try growth.news() == ["began", "1"])
        try growth.cut()
        try growth.write(Self.laterHeader + (2...9).map { Self.message($0) }.joined())
        #expect(
            try growth.news() == ["was written anew: it is read from its beginning again", "resumed"]
                + (2...9).map(String.init))
    }

    @Test("goes on where it was while no file is held open, whatever the file is called by then")
    func rested() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1) + "{\"t\":")
        #expect(try growth.news() == ["began", "1"])
        growth.followed.rest()
        #expect(!growth.followed.isOpen)
        #expect(try growth.news() == [])
        #expect(!growth.followed.isOpen)
        try growth.write(String(Self.message(2).dropFirst(5)) + Self.message(3))
        #expect(try growth.news() == ["2", "3"])
        #expect(growth.followed.isOpen)
        growth.followed.rest()
        try growth.move(to: "b.tape.jsonl")
        try growth.write(Self.message(4))
        #expect(try growth.news() == ["4"])
        growth.followed.rest()
        try growth.write(Self.message(5) + Self.end)
        try growth.make("a.tape.jsonl")
        try growth.write(Self.laterHeader + Self.message(6))
        #expect(
            try growth.news() == [
                "5", "end", "another file stands here now: it is read from its beginning", "resumed", "6",
            ])
    }

    @Test("that can never be there, since a file stands where its folder would, is an error")
    func impossible() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(filePath: folder / "file"))
        let error = #expect(throws: RecordingError.self) {
            try FollowedRecording(path: folder / "file/a.tape.jsonl").step()
        }
        #expect(error?.reason == "can never be there: \(folder / "file") is no folder")
        #expect(FollowedRecording.reasonAgainst(folder: folder / "file/") == "it is no folder")
        #expect(FollowedRecording.reasonAgainst(folder: folder / "none/") == nil)
    }

    @Test("is read from its beginning when it was cut short, once that has a header again")
    func cutShort() throws {
        let growth = try Growth()
        try growth.write(Self.header + Self.message(1))
        #expect(try growth.news() == ["began", "1"])
        try growth.cut()
        #expect(try growth.news() == ["was cut short: it is read from its beginning again"])
        try growth.write(Self.header + Self.message(2))
        #expect(try growth.news() == ["resumed", "2"])
    }

    @Test("goes on in the next files of its series, and passes over those that were there before")
    func series() throws {
        let growth = try Growth()
        let older = Self.header.replacingOccurrences(of: "T10:00", with: "T09:00")
        try Data((older + Self.message(99) + Self.end).utf8)
            .write(to: URL(filePath: growth.folder / "a.0002.tape.jsonl"))
        try growth.write(Self.header + Self.message(1))
        #expect(try growth.news() == ["began", "1"])
        // The next one is made before the last has its end.
        let first = try #require(FileHandle(forWritingAtPath: growth.folder / growth.name))
        try first.seekToEnd()
        try growth.make("a.0003.tape.jsonl")
        #expect(try growth.news().isEmpty)
        try first.write(contentsOf: Data(Self.end.utf8))
        // Its recorder holds it.
        let lock = try RecordingLock(path: growth.folder / "a.0003.tape.jsonl")
        #expect(try growth.news() == ["end"])
        try growth.write(Self.laterHeader + Self.message(2))
        let told = "goes on from \(growth.folder / growth.name)"
        #expect(try growth.news() == [told, "resumed", "2"])
        #expect(growth.followed.path == growth.folder / "a.0003.tape.jsonl")
        // The last file that a recorder makes may stay empty.
        _ = FileManager.default.createFile(atPath: growth.folder / "a.0004.tape.jsonl", contents: nil)
        try growth.write(Self.end)
        #expect(try growth.news() == ["end", "over"])
        _ = lock
    }

    @Test("goes on behind a number whose file is no recording", arguments: ["no recording\n", "x", ""])
    func foreignInSeries(text: String) throws {
        let growth = try Growth()
        try Data(text.utf8).write(to: URL(filePath: growth.folder / "a.0002.tape.jsonl"))
        try growth.write(Self.header + Self.message(1))
        let first = try #require(FileHandle(forWritingAtPath: growth.folder / growth.name))
        try first.seekToEnd()
        try growth.make("a.0003.tape.jsonl")
        try growth.write(Self.laterHeader + Self.message(2))
        try first.write(contentsOf: Data(Self.end.utf8))
        let told = "goes on from \(growth.folder / growth.name)"
        #expect(try growth.news() == ["began", "1", "end", told, "resumed", "2"])
    }

    @Test("that is no recording is refused", arguments: ["no recording\n", "\u{7F}ELF", "{\"tapedeck\":9}\n"])
    func foreign(text: String) throws {
        let growth = try Growth()
        try growth.write(text)
        #expect(throws: RecordingError.self) { try growth.news() }
    }

    @Test(
        "is unpacked while it grows, whatever of a frame is there",
        .enabled(if: ZstandardTool.isInstalled, "the zstd tool is not installed"))
    func compressed() throws {
        let growth = try Growth("a.tape.jsonl.zst")
        let frames = try PackedRecording.framePerLine(
            Self.header + Self.message(1) + Self.message(2) + Self.end, "--no-check")
        let expected = ["began", "1", "2", "end"]
        var news: [String] = []
        for (frame, name) in zip(frames, expected) {
            // The last byte of a frame may hold no text, but nothing comes before all of it is there but one.
            for byte in frame {
                #expect(!news.contains(name))
                try growth.write([byte])
                news += try growth.news().filter { !$0.hasPrefix("no recording") }
            }
            #expect(news.contains(name))
        }
        #expect(news == expected + ["over"])
    }
}
