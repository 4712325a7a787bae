import Codecs
import Recorder
import Testing

@Suite("A scan of a recording")
struct RecordingScanTests {
    private static func message(_ text: String, _ session: Int, form: ReadableForm.Key = .value) -> TranscriptEvent {
        let message = RecordedMessage(from: .server, form: form, text: Array(text.utf8))
        return TranscriptEvent(time: 0, session: session, kind: .message(message), line: 7)
    }

    @Test("looks at every message of the pickle ports, and at no other")
    func ports() {
        let header = RecordingHeader(
            created: "", tool: "",
            ports: [
                RecordedPort(listen: "127.0.0.1:1", codec: "pickle/u32be"),
                RecordedPort(listen: "127.0.0.1:2", codec: "json/lines"),
            ])
        var scan = RecordingScan(header: header, policy: NamePolicy())
        for port in 1...2 {
            let opening = SessionOpening(port: port, peer: "")
            #expect(scan.scan(TranscriptEvent(time: 0, session: port, kind: .opened(opening))) == nil)
        }
        let call = #"{"$call":"os:system","args":["id"]}"#
        #expect(scan.scan(Self.message(call, 1))?.verdict == .dangerous)
        #expect(scan.scan(Self.message(call, 2)) == nil)
        #expect(scan.scan(Self.message("[1]", 1))?.verdict == .allowed)
        #expect(scan.scan(Self.message(#"{"$wrong":1}"#, 1))?.verdict == .suspicious)
    }

    @Test("looks at the bytes that passed where they are kept")
    func raw() {
        let header = RecordingHeader(
            created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:1", codec: "pickle/u32be")])
        var scan = RecordingScan(header: header, policy: NamePolicy())
        let pickle = Array("cos\nsystem\n.".utf8)
        var message = RecordedMessage(from: .client, form: .value, text: Array("null".utf8))
        message.raw = [0, 0, 0, UInt8(pickle.count)] + pickle
        let report = scan.scan(TranscriptEvent(time: 0, session: 1, kind: .message(message)))
        #expect(report?.findings.first?.fullName == "os:system")
    }

    @Test(
        "cuts the bytes of a port anew that is said to speak otherwise, and leaves nothing out", arguments: [1, 3, 100])
    func anew(pieceBytes: Int) throws {
        let header = RecordingHeader(
            created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:1", codec: "raw/chunks")])
        let codec = try CodecRegistry.codec(named: "pickle/u8")
        let first = Array("cos\nsystem\n.".utf8)
        let second = Array("N.".utf8)
        let rest = Array("cposix\nsystem\nR".utf8)
        let stream = [UInt8(first.count)] + first + [2] + second + [40] + rest
        var scan = RecordingScan(header: header, policy: NamePolicy()) { _ in codec }
        #expect(scan.hasPicklePort)
        var found: [String] = []
        func add(_ report: ScanReport?) { found += report?.findings.map(\.fullName) ?? [] }
        var start = 0
        while start < stream.count {
            let piece = stream[start..<min(start + pieceBytes, stream.count)]
            let message = RecordedMessage(
                from: .client, form: .base64, text: Array("\"\(Base64.encode(Array(piece)))\"".utf8))
            add(scan.scan(TranscriptEvent(time: 0, session: 1, kind: .message(message))))
            start += pieceBytes
        }
        #expect(found == ["os:system"])
        add(scan.finish())
        #expect(found.contains("posix:system"), "what is no whole frame at the end")
        #expect(scan.finish() == nil)
    }

    @Test("says where no port speaks pickle")
    func noPickle() {
        let header = RecordingHeader(
            created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:1", codec: "json/lines")])
        #expect(!RecordingScan(header: header, policy: NamePolicy()).hasPicklePort)
    }
}
