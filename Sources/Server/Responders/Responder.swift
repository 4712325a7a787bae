internal import Codecs

/// Answers the messages of one port.
///
/// Confined to one event loop; all connections of the port on that loop share it. It may answer at once or later, with
/// `ConnectionHandler.answer` and then, where that is later, `sendAnswers`.
protocol Responder: AnyObject {
    /// A message came from the connection's client: its frame, where the payload stands in it, and what that reads as.
    /// All three are gone when this returns.
    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler)

    /// A client has connected, and was greeted.
    func opened(_ connection: ConnectionHandler)
    /// No more messages will come from the client. False: there will be answers yet, and `ConnectionHandler.finish` behind
    /// them.
    func inputEnded(_ connection: ConnectionHandler) -> Bool
    /// The connection has closed; `hadEnded`: which `inputEnded` told of before.
    func closed(_ connection: ConnectionHandler, hadEnded: Bool)
    /// Whether it takes no more messages for now.
    var isFull: Bool { get }
    /// Whether the client's next bytes belong to what it has yet to answer, and it takes them.
    func takesMore(of connection: ConnectionHandler) -> Bool
    /// Has `ConnectionHandler.resumeWithRoom` called when it takes messages again.
    func goOnWhenThereIsRoom(_ connection: ConnectionHandler)
    /// Whether it has answered all that it will, now that the server stops.
    var isDrained: Bool { get }
}

/// One that answers at once.
extension Responder {
    func opened(_ connection: ConnectionHandler) {}
    func inputEnded(_ connection: ConnectionHandler) -> Bool { true }
    func closed(_ connection: ConnectionHandler, hadEnded: Bool) {}
    var isFull: Bool { false }
    func takesMore(of connection: ConnectionHandler) -> Bool { false }
    func goOnWhenThereIsRoom(_ connection: ConnectionHandler) {}
    var isDrained: Bool { true }
}
