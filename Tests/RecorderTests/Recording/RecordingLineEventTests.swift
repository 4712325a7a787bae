import Foundation
import Testing

@testable import Codecs
@testable import Recorder

@Suite("The line of an event that was read") struct RecordingLineEventTests {
    @Test("is the line that it was read from; an end counts what was written")
    func sameLine() throws {
        let lines = [
            RecordingSamples.header,
            #"{"t":0.000000,"s":1,"open":{"port":12000,"peer":"127.0.0.1:53412","to":"u:1","via":"v:2","continued":true}}"#,
            RecordingSamples.message,
            #"{"t":1.300000,"s":1,"from":"server","base64":"AAD/","raw":"AAD/","error":"byte 0: no JSON"}"#,
            #"{"t":1.300001,"s":1,"from":"server","value":"x","protocol":2,"strings":"keys","redacted":["$","$.a"]}"#,
            #"{"t":1.300002,"s":1,"from":"client","base64":"e2I=","partial":true}"#,
            #"{"t":1.400000,"gap":{"from":"client","bytes":7,"events":3,"why":"lost"},"redacted":["gap.why"]}"#,
            #"{"t":2.000000,"s":1,"eof":"client"}"#,
            #"{"t":3.000154,"s":1,"close":"reset","by":"client","reason":"why","redacted":["reason"]}"#,
            #"{"t":9.000000,"end":{"sessions":1,"messages":4}}"#,
            #"{"tapedeck":1,"created":"2026-11-22T11:00:00.000000Z","tool":"t","ports":[]}"#,
        ]
        let read = try ReadRecording(lines.map { $0 + "\n" }.joined().utf8)
        var text = ByteWriter()
        RecordingLine.writeHeader(read.header, into: &text)
        var counts = RecordingCounts()
        for event in read.events {
            counts.add(event)
            RecordingLine.write(event, counting: counts, into: &text)
        }
        #expect(text.string.split(separator: "\n").map(String.init) == lines)
    }
}
