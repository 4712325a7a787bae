/// How a server is started for a replay.
package struct ServerStart: Sendable, Hashable {
    /// What the shell runs, with `{port}` for the port.
    package var command: String
    /// Where it runs; nil for the present folder.
    package var folder: String?
    /// Variables beside those of this process, or in their place.
    package var environment: [String: String]
    /// How long it is waited for until it listens.
    package var readyTimeout: Duration

    package init(
        command: String, folder: String? = nil, environment: [String: String] = [:],
        readyTimeout: Duration = .seconds(10)
    ) {
        self.command = command
        self.folder = folder
        self.environment = environment
        self.readyTimeout = readyTimeout
    }
}
