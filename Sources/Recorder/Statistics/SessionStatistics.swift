/// What one session of a recording came to.
package struct SessionStatistics: Sendable, Hashable {
    /// Messages and bytes of one side.
    package struct Traffic: Sendable, Hashable {
        package var messages = 0
        /// Bytes as they passed, framing included.
        package var bytes = 0

        package init() {}

        mutating func add(_ other: Traffic) {
            messages += other.messages
            bytes += other.bytes
        }
    }

    package var session: Int
    /// The listened port; nil where its beginning is not there.
    package var port: Int?
    /// Microseconds, from the first event to the last.
    package var duration: Int64 = 0
    package var client = Traffic()
    package var server = Traffic()
    /// From a request to its answer.
    package var latencies = LatencyHistogram()
    /// Messages of the server that answer no request: greetings, pushes.
    package var unasked = 0
    /// Requests that nothing answered.
    package var unanswered = 0
    /// How it ended; nil where that is not there.
    package var closing: SessionClosing.Manner?

    package init(session: Int, port: Int? = nil) {
        self.session = session
        self.port = port
    }

    /// Adds another session to what several came to.
    mutating func add(_ other: SessionStatistics) {
        client.add(other.client)
        server.add(other.server)
        latencies.add(other.latencies)
        unasked += other.unasked
        unanswered += other.unanswered
    }
}
