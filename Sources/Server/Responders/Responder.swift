internal import Codecs

/// Answers the messages of one port.
///
/// Confined to one event loop; all connections of the port on that loop share it. It may answer at once or later, with
/// `ConnectionHandler.answer`.
protocol Responder: AnyObject {
    /// A message came from the connection's client: its frame, where the payload stands in it, and what that reads as.
    /// All three are gone when this returns.
    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler)
}
