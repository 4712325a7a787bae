import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("How long a recording lasts")
struct RecordingDurationTests {
    private static let header = #"{"tapedeck":1,"created":"","tool":"","ports":[]}"# + "\n"

    private static let examples: [(events: String, duration: Int64?)] = [
        ("{\"t\":1.5,\"s\":1,\"eof\":\"client\"}\n", 1_500_000),
        ("{\"t\":1.5,\"s\":1,\"eof\":\"client\"}\n{\"t\":2.25,\"end\":{}}\n", 2_250_000),
        ("{\"t\":3,\"s\":1,\"text\":\"" + String(repeating: "x", count: 300_000) + "\"}\n", 3_000_000),
        ("{\"t\":4.000001,\"s\":1,\"from\":\"server\",\"text\":\"torn", 4_000_001),
        ("{\"t\":1,\"end\":{}}\n{\"t\":9", 1_000_000), ("{\"t\":1e300,\"end\":{}}\n", nil),
        ("{\"t\":-1,\"end\":{}}\n", nil), ("{\"t\":nan,\"end\":{}}\n", nil), ("", nil),
    ]

    @Test("is the time of its last line, however long that is, whole or torn", arguments: examples)
    func plain(example: (events: String, duration: Int64?)) throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.header + example.events, to: "a.tape.jsonl")
        #expect(RecordingDuration.microseconds(ofRecordingAt: path) == example.duration)
    }

    @Test("is not known of what is no recording, is a folder, or is not there")
    func foreign() throws {
        let folder = try ScratchFolder()
        #expect(RecordingDuration.microseconds(ofRecordingAt: folder.path) == nil)
        #expect(RecordingDuration.microseconds(ofRecordingAt: folder.path("none")) == nil)
        #expect(RecordingDuration.microseconds(ofRecordingAt: try folder.write("\n\n{\"t\":", to: "b")) == nil)
        #expect(RecordingDuration.microseconds(ofRecordingAt: try folder.write("", to: "c")) == nil)
    }

    @Test("is found in a compressed one", .enabled(if: ZstandardTool.isInstalled))
    func packed() throws {
        let folder = try ScratchFolder()
        // Lines on both sides of each border of what is unpacked at once.
        var text = Self.header
        for number in 0..<200_000 { text += #"{"t":\#(number).5,"s":1,"from":"server","value":\#(number)}"# + "\n" }
        let path = try folder.write(text, to: "a.tape.jsonl")
        #expect(try ShortProgram.run("zstd", ["-q", path]).status == 0)
        #expect(RecordingDuration.microseconds(ofRecordingAt: path + ".zst") == 199_999_500_000)
    }
}
