/// One of the two ends of a session.
package enum Side: String, Sendable, CaseIterable {
    /// Who connected.
    case client
    /// Who was connected to.
    case server

    /// The other end.
    package var other: Side { self == .client ? .server : .client }
}
