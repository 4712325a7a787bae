/// A server of `Examples/` that listens on a free port.
package struct PythonServer: Sendable {
    package let program: RunningProgram
    package let port: Int

    /// Starts one of the project's servers, such as `Examples/lab_server.py`, on a port that the system chooses.
    package static func start(_ path: String) async throws -> PythonServer {
        try await listening(PythonProgram.start(path, ["0"]))
    }

    /// Starts a server given as Python text, which prints `listening on port N` when it does.
    package static func start(text: String) async throws -> PythonServer {
        try await listening(PythonProgram.start(text: text, port: 0))
    }

    private static func listening(_ program: RunningProgram) async throws -> PythonServer {
        let port = try await program.wait(for: "port") {
            program.output.split(separator: "\n").lazy
                .compactMap { $0.hasPrefix("listening on port ") ? Int($0.dropFirst(18)) : nil }.first
        }
        return PythonServer(program: program, port: port)
    }
}
