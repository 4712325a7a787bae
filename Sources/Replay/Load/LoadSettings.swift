/// How a load is put on a server.
package struct LoadSettings: Sendable {
    /// Clients that are connected at the same time.
    package var connections = 10
    /// Requests a second of all of them together; nil to send each as soon as the answers before it have come.
    package var rate: Double?
    /// How long it is measured; nil where `sessions` ends it.
    package var duration: Duration?
    /// Sessions that are done, at most; nil for any number.
    package var sessions: Int?
    /// How long it goes on before it is measured.
    package var warmUp = Duration.zero
    package var check = LoadCheck.full
    /// How long an answer is waited for.
    package var timeout = Duration.seconds(5)
    package var rules: [MatchRule] = []
    package var ignoresHeaderRules = false

    package init() {}
}
