import Codecs
import Recorder

@testable import Replay

/// Sessions of five events each, made one after the other: a recording that nobody has to store.
enum RecordedEvents {
    static let header = RecordingHeader(
        created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:7000", codec: "json/lines")])
    static let message = RecordedMessage(from: .client, form: .value, text: Array("1".utf8))
    static let answer = ActualMessage(payload: Array("1".utf8), wire: Array("1\n".utf8))

    /// The event of a session at that step: open, request, answer, end, close.
    static func event(_ step: Int, _ session: Int, _ message: RecordedMessage) -> TranscriptEvent {
        var message = message
        let kind: TranscriptEvent.Kind
        switch step {
        case 1: kind = .opened(SessionOpening(port: 7_000, peer: "127.0.0.1:\(session % 50_000 + 10_000)"))
        case 2: kind = .message(message)
        case 3:
            message.from = .server
            kind = .message(message)
        case 4: kind = .endOfStream(.client)
        default: kind = .closed(SessionClosing(.clean))
        }
        return TranscriptEvent(time: Int64(session), session: session, kind: kind)
    }
}
