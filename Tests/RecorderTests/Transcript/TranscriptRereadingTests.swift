import Codecs
import Recorder
import Testing

@Suite("Reading a recording with another codec")
struct TranscriptRereadingTests {
    private let header = RecordingHeader(
        created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:12000", codec: "raw/chunks")])

    private func opened() -> TranscriptEvent {
        TranscriptEvent(time: 0, session: 1, kind: .opened(SessionOpening(port: 12_000, peer: "127.0.0.1:1")))
    }

    private func bytes(_ text: String, _ time: Int64, from side: Side = .client) -> TranscriptEvent {
        let message = RecordedMessage(
            from: side, form: .base64, text: Array("\"\(Base64.encode(Array(text.utf8)))\"".utf8))
        return TranscriptEvent(time: time, session: 1, kind: .message(message), line: Int(time))
    }

    private func reread(_ events: [TranscriptEvent], as name: String) throws -> [String] {
        let codec = try CodecRegistry.codec(named: name)
        var rereading = TranscriptRereading(header: header) { _ in codec }
        return events.flatMap { rereading.events(for: $0) }.compactMap { event in
            guard case .message(let message) = event.kind else { return nil }
            let ending = message.error == nil ? message.isPartial ? " partial" : "" : " error"
            return
                "\(event.time) \(message.from) \(message.form) \(String(decoding: message.text, as: UTF8.self))\(ending)"
        }
    }

    private let closed = TranscriptEvent(time: 9, session: 1, kind: .closed(SessionClosing(.clean)))

    @Test("cuts the bytes of each direction anew")
    func cuts() throws {
        let events = [
            opened(), bytes("{\"a\"", 1), bytes("[0]\n", 2, from: .server), bytes(":1}\n[2]\n", 3), bytes("3", 4),
            closed,
        ]
        #expect(
            try reread(events, as: "json") == [
                "2 server value [0]", "3 client value {\"a\":1}", "3 client value [2]", "9 client value 3",
            ])
    }

    @Test("keeps what does not read as bytes, with the error")
    func errors() throws {
        let events = [opened(), bytes("[1]\nnone\n[2]\n", 1), bytes("[3", 2), closed]
        #expect(
            try reread(events, as: "json") == [
                "1 client value [1]", "1 client base64 \"bm9uZQo=\" error", "1 client value [2]",
                "9 client base64 \"WzM=\" error",
            ])
        #expect(
            try reread([opened(), bytes("[1][2", 1), closed], as: "json/concat") == [
                "1 client value [1]", "9 client base64 \"WzI=\" partial",
            ])
    }

    @Test("guesses from the bytes of both directions")
    func guesses() {
        var starts = StreamStarts(header: header)
        for event in [opened(), bytes("[1]\n", 1), bytes("{\"b\":2}\n", 2, from: .server), closed] { starts.add(event) }
        #expect(starts.guesses()[12_000]?.codec.name == "json/lines")
    }
}
