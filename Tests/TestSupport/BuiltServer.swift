import Foundation

/// A `tapedeck serve` or `tapedeck record` that listens.
package struct BuiltServer: Sendable {
    package let program: RunningProgram
    /// The port that each `--listen` got, in their order.
    package let ports: [Int]
    private let folder: ScratchFolder

    /// Starts it and waits until it listens. The ports asked for should be 0. `shell` is what a shell does before it
    /// becomes the program.
    package static func start(
        _ command: String, listen: [String], _ arguments: [String] = [], shell: String? = nil
    ) async throws -> BuiltServer {
        let folder = try ScratchFolder()
        let all =
            [command] + listen.flatMap { ["--listen", $0] } + ["--port-file", folder.path("ports")] + arguments
        let program =
            if let shell {
                try RunningProgram("/bin/sh", ["-c", "\(shell); exec \"$@\"", "sh", BuiltBinary.path] + all)
            } else {
                try BuiltBinary.start(all)
            }
        let text = try await program.wait(for: "file of its ports") { folder.text("ports") }
        let ports = text.split(separator: "\n").compactMap { $0.split(separator: ":").last.flatMap { Int($0) } }
        return BuiltServer(program: program, ports: ports, folder: folder)
    }

    /// The port of the first `--listen`.
    package var port: Int { ports.first ?? 0 }

    /// Asks it to end, and waits for that.
    package func stop(_ number: Int32 = SIGTERM) async throws -> RunningProgram.Exit {
        program.signal(number)
        return try await program.exit()
    }
}
