import ArgumentParser

/// What all servers share, whatever their ports do: files, figures, limits.
struct ServingOptions: ParsableArguments {
    @Option(
        name: .customLong("port-file"),
        help: ArgumentHelp("Write the addresses that are listened on to this file, a line each.", valueName: "file"))
    var portFile: String?

    @Option(
        name: .customLong("drain"),
        help: ArgumentHelp(
            "How long open connections may take to end after SIGTERM or Ctrl-C (default: 5s).", valueName: "time"))
    var drain: TimeSpan?

    @Option(
        name: .customLong("metrics"),
        help: ArgumentHelp(
            "Serve figures for Prometheus over HTTP there, at /metrics, and /healthz and /readyz for supervisors.",
            valueName: "[HOST:]PORT"),
        transform: AddressOption.argument)
    var metrics: AddressOption?

    @Option(
        name: .customLong("log-format"),
        help:
            "Write the log, on stderr, as text, or as json: an object a line, also of each connection's begin and end (default: text)."
    )
    var logFormat: LogFormat?

    @OptionGroup(title: "TLS with clients") var tls: ListenerTLSOptions

    @Option(
        name: .customLong("tls-keylog"),
        help: ArgumentHelp(
            "Write the secrets of all TLS connections to this new file, with which Wireshark decrypts a capture.",
            valueName: "file"))
    var keyLog: String?

    @OptionGroup var capture: CaptureOptions
    @OptionGroup var writing: RecordingOptions
    @OptionGroup var redaction: RedactionOptions
    @OptionGroup(title: "Limits of a message") var limits: LimitOptions
    @OptionGroup(title: "Limits of clients") var connectionLimits: ConnectionLimitOptions
    @OptionGroup var output: OutputOptions
}
