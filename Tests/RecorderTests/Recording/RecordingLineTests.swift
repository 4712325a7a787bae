import Foundation
import Testing

@testable import Codecs
@testable import Recorder

@Suite("The text of a recording's lines") struct RecordingLineTests {
    private func written(_ body: (inout ByteWriter) -> Void) -> String {
        var output = ByteWriter()
        body(&output)
        return output.string
    }

    @Test(
        "has times in seconds with six decimals",
        arguments: zip(
            [0, 1, 9, 10, 999_999, 1_000_000, 1_204_471, 12_345_678_900_010, -1, Int64.max, Int64.min] as [Int64],
            [
                "0.000000", "0.000001", "0.000009", "0.000010", "0.999999", "1.000000", "1.204471", "12345678.900010",
                "0.000000", "9223372036854.775807", "0.000000",
            ]))
    func time(_ microseconds: Int64, _ text: String) {
        #expect(written { RecordingLine.writeTime(microseconds, into: &$0) } == "{\"t\":\(text),")
    }

    @Test("has a header that JSON readers take, and that reads back")
    func header() throws {
        let header = RecordingHeader(
            created: "2026-11-22T10:00:00.000000Z", tool: "a \"tool\"\n\u{202E}",
            ports: [
                RecordedPort(listen: "[::1]:1", codec: "pickle", settings: WritingSettings(protocolVersion: 4)),
                RecordedPort(listen: "h\\:2", codec: "raw/u8", usesTLS: true),
            ])
        let text = written { RecordingLine.writeHeader(header, into: &$0) }
        #expect(text.filter { $0 == "\n" }.count == 1 && text.hasSuffix("]}\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["tool"] as? String == header.tool)
        #expect((object["ports"] as? [[String: Any]])?.map { $0["listen"] as? String } == ["[::1]:1", "h\\:2"])
        #expect(try ReadRecording(text.utf8).header == header)
    }

    @Test("has events that read back as they were")
    func events() throws {
        var continued = SessionOpening(port: 65535, peer: "\u{1B}[31m", upstream: "\"", via: "\u{2028}")
        continued.isContinued = true
        let kinds: [(TranscriptEvent.Kind, (inout ByteWriter) -> Void)] = [
            (.opened(continued), { RecordingLine.writeOpening(continued, into: &$0) }),
            (.endOfStream(.server), { RecordingLine.writeEndOfStream(.server, into: &$0) }),
            (.closed(SessionClosing(.clean)), { RecordingLine.writeClosing(SessionClosing(.clean), into: &$0) }),
        ]
        let manners: [SessionClosing.Manner] = [.clean, .reset, .timeout, .limit, .error, .shutdown]
        let closings = manners.map { manner in
            let closing = SessionClosing(manner, by: .server, reason: "line\nbreak, \\ and \u{202E}")
            return (
                TranscriptEvent.Kind.closed(closing),
                { (output: inout ByteWriter) in RecordingLine.writeClosing(closing, into: &output) }
            )
        }
        for (kind, write) in kinds + closings {
            let line = written {
                RecordingLine.writeTime(7, into: &$0)
                RecordingLine.writeSession(Int(1) << 52, into: &$0)
                write(&$0)
            }
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any], "\(line)")
            let read = try ReadRecording(lines: line)
            #expect(read.events == [TranscriptEvent(time: 7, session: 1 << 52, kind: kind, line: 2)], "\(line)")
        }
    }

    @Test("says when it was made as ISO 8601 has it")
    func timestamp() throws {
        let text = RecordingClock.timestamp()
        #expect(text.wholeMatch(of: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z/) != nil)
        let seconds = try #require(ISO8601DateFormatter().date(from: text.prefix(19) + "Z")).timeIntervalSinceNow
        #expect(abs(seconds) < 60)
    }
}
