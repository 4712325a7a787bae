internal import Codecs

/// Listens only.
final class SilentResponder: Responder {
    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {}
}
