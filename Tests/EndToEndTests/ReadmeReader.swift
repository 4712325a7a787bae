import Foundation
import TestSupport
import Testing

/// Somebody who does what a page says in a fresh folder, with the folders of a clone that it speaks of.
final class ReadmeReader {
    private let folder: ScratchFolder
    /// What was started and listens, in its order.
    private var running: [(command: String, program: RunningProgram)] = []
    /// Free ports in the place of those that the page names.
    private var ports: [String: String] = [:]

    init() throws {
        folder = try ScratchFolder()
        for name in ["Examples", "captures"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path(name), withDestinationPath: PythonProgram.root + "/" + name)
        }
    }

    func take(_ step: ReadmeWalks.Step) async throws {
        switch step {
        case .run(let command, let shown): try await run(command, shown)
        case .write(let name, let text): try folder.write(text, to: name)
        case .interrupt: try await interrupt()
        }
    }

    private func run(_ command: String, _ shown: [String]) async throws {
        let line = try withFreePorts(command)
        if command.contains(/^tapedeck (serve|record|mock) |_server\.\w+ \d+/) {
            // In the shell's place, so that it gets the signals.
            let program = try shell("exec " + line)
            try await program.waitForText("listening")
            running.append((command, program))
            return
        }
        let outcome = try await BuiltBinary.outcome(of: shell(line))
        let isToFail = shown.contains { $0.hasPrefix("FAIL") }
        #expect(outcome.exit == .status(isToFail ? 1 : 0), "$ \(command)\n\(outcome)")
        guard !shown.isEmpty else { return }
        #expect(
            ReadmeWalks.shows(shown, outcome.output),
            "$ \(command)\nREADME shows:\n\(shown.joined(separator: "\n"))\nit printed:\n\(outcome.output)")
    }

    /// Ends what runs, the last first, as one does in the terminals where it runs.
    private func interrupt() async throws {
        for (command, program) in running.reversed() {
            // What the tests start has signals blocked; Python leaves them so.
            let isOurs = command.hasPrefix("tapedeck ")
            program.signal(isOurs ? SIGINT : SIGKILL)
            let exit = try await program.exit()
            #expect(!isOurs || exit == .status(0), "$ \(command)\n\(program.output)\(program.complaints)")
        }
        running = []
    }

    /// A shell for one command, with both streams in one, as a terminal shows them.
    private func shell(_ command: String) throws -> RunningProgram {
        let binaries = URL(fileURLWithPath: BuiltBinary.path).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try RunningProgram(
            "/bin/bash", ["-c", "exec 2>&1; \(command)"], in: folder.path,
            environment: ["PATH": binaries + ":" + path, "NO_COLOR": "1"])
    }

    /// The command with a free port in the place of each 12…, the same one wherever it stands. Those of captured packets stay.
    private func withFreePorts(_ command: String) throws -> String {
        if command.hasPrefix("tapedeck import ") { return command }
        for match in command.matches(of: /\b12\d{3}\b/) where ports[String(match.output)] == nil {
            ports[String(match.output)] = String(try UnusedPort.find())
        }
        return ports.reduce(command) { $0.replacing($1.key, with: $1.value) }
    }
}
