package import Codecs
package import Recorder

/// Watches a server: prints what passes, counts it, logs what is wrong.
///
/// Called on the event loops, between reading and answering, so every call must be quick and must not wait.
package protocol ServerObserver: AnyObject, Sendable {
    /// Whether it wants to be told of messages; asked once, when the server starts.
    var watchesMessages: Bool { get }
    /// A client was accepted; for a relay, its upstream was tried.
    func sessionOpened(_ session: SessionIdentity)
    /// A message passed. `tree` is filled again by the next message.
    func message(_ session: SessionIdentity, from side: Side, tree: ValueTree, codec: Codec, frameBytes: Int)
    /// Something is wrong with one session: what and where, with the bytes it concerns (maybe none).
    func problem(_ session: SessionIdentity, _ text: String, bytes: RawSpan)
    /// The session ended.
    func sessionClosed(_ session: SessionIdentity, _ closing: SessionClosing)
    /// The child that answers a port wrote a line to its stderr; fit for a terminal already.
    func childSaid(_ line: String, port: Int)
    /// Something is wrong with the server as a whole.
    func serverProblem(_ text: String)
}

extension ServerObserver {
    package var watchesMessages: Bool { true }

    func problem(_ session: SessionIdentity, _ text: String) {
        problem(session, text, bytes: RawSpan())
    }
}
