internal import Glibc
package import Processes
internal import Recorder
import Synchronization

/// A server that a shell command started for a replay, with its children and its output.
///
/// `stop` ends it; without that it is killed when the last reference goes, and by a watch of its own should this process be
/// killed.
package final class ServerProcess: Sendable {
    /// The command with its ports filled in.
    package let command: String
    /// The shell's process, which leads a session and a process group of its own.
    package let processID: Int32
    private let session: ProcessSession
    private let file: OutputFile
    /// Nil where no watch could be kept.
    private let watch: ProcessWatch?
    private let state = Mutex(State())

    private struct State {
        var exit: ProcessExit?
        var isReaped = false
    }

    /// Bytes of output that an error carries.
    package static let errorOutputBytes = 64 << 10
    private static let poll = Duration.milliseconds(5)

    private init(command: String, processID: pid_t, file: OutputFile, watch: ProcessWatch?) {
        self.command = command
        self.processID = processID
        self.file = file
        session = ProcessSession(leader: processID)
        self.watch = watch
        watch?.begin(session: processID)
    }

    deinit {
        signal(SIGKILL)
        reap()
    }

    /// Runs the command through `/bin/sh -c`.
    ///
    /// - `ports`: the free port of each recorded one, for the command's placeholders; nobody may listen on them.
    /// - `environment`: variables beside those of this process, or in their place.
    /// - `workingFolder`: nil for this process's own.
    package static func start(
        command: String, ports: [Int: Int], environment: [String: String] = [:], workingFolder: String? = nil
    ) throws(ServerProcessError) -> ServerProcess {
        let expanded = try ServerCommand.expand(command, ports: ports)
        guard !expanded.utf8.contains(0) else {
            throw ServerProcessError(.badCommand, "the command holds a NUL character")
        }
        // Whoever listens now would be taken for the server.
        let taken = Set(ports.values).intersection((ListeningTable.read() ?? []).map(\.port))
        if let port = taken.min() {
            throw ServerProcessError(.portTaken, "another program listens on port \(port) already")
        }
        let file = try OutputFile()
        let watch = ProcessWatch()
        let result = ProcessSpawn.shell(
            expanded, output: file.descriptor, errors: file.descriptor, environment: environment,
            workingFolder: workingFolder)
        switch result {
        case .success(let process):
            return ServerProcess(command: expanded, processID: process, file: file, watch: watch)
        case .failure(let failure):
            let place = workingFolder.map { " in \($0)" } ?? ""
            throw ServerProcessError(.cannotStart, "cannot start /bin/sh\(place): \(systemMessage(failure.number))")
        }
    }

    /// Returns when every port is in LISTEN state at 127.0.0.1 or ::1, which is looked up without connecting, with the one of
    /// the two that each is reached at. Throws when the process has ended before, or after `timeout`; the error has the
    /// output so far.
    @discardableResult
    package func waitUntilListening(
        ports: [Int], timeout: Duration
    ) async throws(ServerProcessError) -> [Int: String] {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            let started = clock.now
            // In this order: a server that has gone into the background listens when its starter has ended.
            let exit = exitStatus()
            guard let entries = ListeningTable.read() else {
                throw ServerProcessError(.cannotStart, "cannot read /proc/net/tcp, which says when the server listens")
            }
            let hosts = Dictionary(
                entries.filter { ports.contains($0.port) }.compactMap { entry in
                    entry.loopbackHost.map { (entry.port, $0) }
                }, uniquingKeysWith: min)
            let lacking = Set(ports).subtracting(hosts.keys).sorted()
            if lacking.isEmpty { return hosts }
            if let exit {
                let advice = exit == .exited(code: 127) ? "; 127 is a shell's word for a command that is not found" : ""
                throw error(.exitedEarly, "the server \(exit) before it listened on \(Self.list(lacking))\(advice)")
            }
            if clock.now >= deadline { throw neverListened(lacking, timeout, entries) }
            // Where the tables are long, reading them is not to take a processor.
            let pause = max(Self.poll, (clock.now - started) * 4)
            do { try await Task.sleep(for: min(pause, deadline - clock.now)) } catch {
                throw self.error(.cancelled, "the wait for the server was cancelled")
            }
        }
    }

    /// How the shell's process ended, as long as it runs nil. Returns at once.
    package func exitStatus() -> ProcessExit? {
        state.withLock { state in
            if state.exit == nil { state.exit = ProcessExit.of(processID, waits: false) }
            return state.exit
        }
    }

    /// The end of what stdout and stderr were given, in the order it was written, at most `limit` bytes.
    package func output(_ limit: Int = ServerProcess.errorOutputBytes) -> [UInt8] { file.tail(limit) }

    /// What stdout and stderr were given up to now, in bytes.
    package var outputCount: Int { file.count }

    /// What stdout and stderr were given around the time when they had been given so many bytes: those before, and after.
    package func output(around count: Int) -> (before: [UInt8], after: [UInt8]) {
        let half = Self.errorOutputBytes / 2
        let end = min(file.count, count + half)
        return (file.tail(half, before: count), file.tail(max(end - count, 0), before: end))
    }

    /// Ends the process and its children: SIGTERM, and after `grace` SIGKILL to those that still run. Returns when none
    /// does; also in a cancelled task. Those that started a session of their own are out of reach.
    package func stop(grace: Duration = .seconds(5)) async {
        signal(SIGTERM)
        // One that is halted would not get it.
        signal(SIGCONT)
        if await !isGone(within: grace) {
            signal(SIGKILL)
            // A process that the kernel does not let go of must not hold up the rest.
            _ = await isGone(within: .seconds(5))
        }
        _ = exitStatus()
        reap()
    }

    // MARK: The system

    private func signal(_ number: Int32) {
        state.withLock { if !$0.isReaped { session.signal(number) } }
    }

    private func isGone(within time: Duration) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + time
        while true {
            let started = clock.now
            if exitStatus() != nil, state.withLock({ $0.isReaped || !session.isRunning }) { return true }
            guard clock.now < deadline else { return false }
            let pause = min(max(Self.poll, (clock.now - started) * 4), deadline - clock.now)
            // In a task of its own: in a cancelled one it would not sleep.
            await Task { try? await Task.sleep(for: pause) }.value
        }
    }

    /// Gives the number of the process back to the system; it is not signalled after that.
    private func reap() {
        // While its number is still the server's.
        watch?.dismiss()
        state.withLock { state in
            if !state.isReaped, waitpid(processID, nil, WNOHANG) != 0 { state.isReaped = true }
        }
    }

    // MARK: Errors

    private func error(_ code: ServerProcessError.Code, _ reason: String) -> ServerProcessError {
        ServerProcessError(code, reason, output: output())
    }

    private func neverListened(
        _ lacking: [Int], _ timeout: Duration, _ entries: [ListeningTable.Entry]
    ) -> ServerProcessError {
        let elsewhere = lacking.contains { port in entries.contains { $0.port == port } }
        var hint = elsewhere ? "; it listens there on an address that neither 127.0.0.1 nor ::1 reaches" : ""
        let wasTold = lacking.contains { command.contains(String($0)) }
        if !wasTold { hint = "; the command has no {port}, so it was not told to" }
        let others = session.listeningPorts()
        if !elsewhere, !others.isEmpty { hint += "; it listens on \(Self.list(others))" }
        if !wasTold { hint += ": write {port} where it takes its port, or start it yourself and give --target" }
        return error(
            .neverListened, "the server did not listen on \(Self.list(lacking)) within \(timeout)\(hint)")
    }

    private static func list(_ ports: [Int]) -> String {
        (ports.count == 1 ? "port " : "ports ") + ports.map(String.init).joined(separator: ", ")
    }
}
