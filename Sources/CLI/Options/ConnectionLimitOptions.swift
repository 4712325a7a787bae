import ArgumentParser
internal import Glibc
import Recorder
import Server

/// A time that a limit has, or none: `none` and 0 lift it.
struct TimeLimit: ExpressibleByArgument, Equatable {
    /// Nil: no limit.
    let duration: Duration?

    init?(argument: String) {
        if argument == "none" {
            duration = nil
        } else {
            guard let span = TimeSpan(argument: argument) else { return nil }
            duration = span.duration > .zero ? span.duration : nil
        }
    }
}

/// What clients may take of a server.
struct ConnectionLimitOptions: ParsableArguments {
    @Option(
        name: .customLong("frame-timeout"),
        help: ArgumentHelp(
            "How long a message may take from its first byte to its last, however it drips; then what came is recorded as partial and the connection closed; none lifts it. A relay closes nothing for it (default: 1m).",
            valueName: "time"))
    var frameTimeout: TimeLimit?

    @Option(
        name: .customLong("idle-timeout"),
        help: ArgumentHelp(
            "How long nothing may pass in either direction, a client that takes no answers included; then the connection is closed; none lifts it (default: 1h, for a relay none).",
            valueName: "time"))
    var idleTimeout: TimeLimit?

    @Option(
        name: .customLong("max-connections"),
        help: ArgumentHelp(
            "Clients of all ports together; one more is closed at once, until another has gone (default: 16384).",
            valueName: "count"))
    var connections: Int?

    @Option(
        name: .customLong("max-write-buffer"),
        help: ArgumentHelp(
            "Bytes that may wait for a slow reader; with more it is not read until it has taken some, and --idle-timeout ends it if it takes none (default: 256KiB).",
            valueName: "size"))
    var writeBuffer: ByteCount?

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp(
            "Bytes of unfinished messages and waiting answers that all connections together may hold; beyond it the one that holds the most is closed (a relay's unfinished message passes on unread) (default: 512MiB).",
            valueName: "size"))
    var memory: ByteCount?

    func validate() throws {
        try Self.check(connections, upTo: 1 << 24, "--max-connections", " clients")
        try Self.check(writeBuffer?.bytes, upTo: Int(Int32.max), "--max-write-buffer", " bytes")
        try Self.check(memory?.bytes, upTo: 1 << 46, "--max-memory", " bytes")
    }

    private static func check(_ number: Int?, upTo most: Int, _ option: String, _ unit: String) throws {
        guard let number, !(1...most).contains(number) else { return }
        throw ValidationError("\(option) is from 1 to \(most)\(unit)")
    }

    /// The limits that are meant.
    var limits: ConnectionLimits {
        var limits = ConnectionLimits()
        if let frameTimeout { limits.frameTime = frameTimeout.duration }
        if let idleTimeout {
            limits.idleTime = idleTimeout.duration
            limits.relayIdleTime = idleTimeout.duration
        }
        if let connections { limits.maximumConnections = connections }
        if let writeBuffer { limits.maximumWriteBufferBytes = writeBuffer.bytes }
        if let memory { limits.maximumMemoryBytes = memory.bytes }
        return limits
    }
}

/// How many files and sockets the process may have open.
enum DescriptorLimit {
    /// Raises it as far as the clients may need it and the system lets it: many systems begin with 1024.
    ///
    /// - Parameters:
    ///   - count: so many clients at the same time.
    ///   - relaying: each has a connection to another server as well.
    ///   - sessionFiles: their sessions are recorded to a file each, of which some are open.
    static func raise(forClients count: Int, relaying: Bool, sessionFiles: Bool = false) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        // Beside the clients' sockets: listeners, event loops, recordings, what the libraries open.
        var needed = rlim_t(count * (relaying ? 2 : 1) + 256)
        if sessionFiles { needed += needed / rlim_t(RecordingSettings.folderShare - 1) }
        guard limit.rlim_cur < needed, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(needed, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
