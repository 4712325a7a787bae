import Foundation
import Testing

@testable import Codecs
@testable import Recorder

/// What a reader makes of a file.
struct ReadRecording {
    var header: RecordingHeader
    var events: [TranscriptEvent] = []
    var damaged: [RecordingError] = []
    var tornLine: Int?
    var isEnded = false

    /// Reads all of a file, past its damaged lines.
    init(path: String, maximumLineBytes: Int = 1 << 30) throws {
        let reader = try RecordingReader(path: path, maximumLineBytes: maximumLineBytes)
        header = reader.header
        while true {
            do throws(RecordingError) {
                guard let event = try reader.next() else { break }
                #expect(event.line == reader.line)
                events.append(event)
            } catch {
                guard error.code == .damagedLine || error.code == .newerVersion else { throw error }
                damaged.append(error)
            }
        }
        tornLine = reader.tornLine
        isEnded = reader.isEnded
    }

    /// Reads a file of these bytes.
    init(_ bytes: some Sequence<UInt8>, maximumLineBytes: Int = 1 << 30) throws {
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(filePath: folder / "a.tape.jsonl"))
        try self.init(path: folder / "a.tape.jsonl", maximumLineBytes: maximumLineBytes)
    }

    /// Reads a file of these lines behind a header.
    init(lines: String...) throws {
        try self.init(([RecordingSamples.header] + lines).map { $0 + "\n" }.joined().utf8)
    }

    var messages: [RecordedMessage] {
        events.compactMap { if case .message(let message) = $0.kind { message } else { nil } }
    }
}

enum RecordingSamples {
    static let header = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":\
        [{"listen":"127.0.0.1:12000","codec":"json/lines"}]}
        """
    static let open = #"{"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412"}}"#
    static let message = #"{"t":1.204471,"s":1,"from":"client","value":{"message":"hi","id":3}}"#
    static let close = #"{"t":3.000154,"s":1,"close":"clean"}"#
    static let end = #"{"t":9.000000,"end":{"sessions":1,"messages":1}}"#

    /// A short recording with every kind of event.
    static let everyKind = [
        header, open, message, #"{"t":1.300000,"s":1,"from":"server","base64":"AAD/","error":"byte 0: no JSON"}"#,
        #"{"t":1.400000,"gap":{"from":"client","bytes":7,"why":"lost"}}"#,
        #"{"t":2.000000,"s":1,"eof":"client"}"#, close, end,
        #"{"tapedeck":1,"created":"2026-11-22T11:00:00.000000Z","tool":"t","ports":[]}"#, end,
    ].map { $0 + "\n" }.joined()
}
