/// Which session something concerns.
package struct SessionIdentity: Sendable, Hashable {
    /// The session's number, from 1; the same as in the recording.
    package var number: Int
    /// The listened port.
    package var port: Int
    /// The client's address, `HOST:PORT`.
    package var peer: String

    package init(number: Int, port: Int, peer: String) {
        self.number = number
        self.port = port
        self.peer = peer
    }
}
