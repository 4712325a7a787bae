internal import Codecs

/// Answers each message with its own bytes.
final class EchoResponder: Responder {
    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        connection.answer(frame: frame, payload: payload, tree: tree)
    }
}
