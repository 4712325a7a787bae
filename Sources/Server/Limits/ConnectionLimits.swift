/// What clients may take of a server at most, beside what `DecodingLimits` says of each message.
package struct ConnectionLimits: Sendable, Hashable {
    /// How long a message may take from its first byte to its last, however its bytes drip; nil: as long as it likes.
    package var frameTime: Duration? = .seconds(60)
    /// How long nothing may pass between a client and a port that answers; nil: as long as they like.
    package var idleTime: Duration? = .seconds(3_600)
    /// The same for a relay, which ends nothing by itself unless it is told to.
    package var relayIdleTime: Duration?
    /// Clients of all ports together.
    package var maximumConnections = 16_384
    /// Bytes that wait for one client; with more it is not read until it has taken some.
    package var maximumWriteBufferBytes = 256 << 10
    /// Bytes that all connections may hold together: unfinished messages, and what waits for slow readers.
    package var maximumMemoryBytes = 512 << 20

    package init() {}
}
