import Foundation

/// The `tapedeck` that was built together with the tests.
package enum BuiltBinary {
    /// Where it is: beside the test bundle.
    package static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("tapedeck").path
    }()

    /// Starts it.
    package static func start(
        _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram(path, arguments, in: folder, environment: environment)
    }

    /// Runs it to its end.
    package static func run(_ arguments: String..., in folder: String? = nil) async throws -> Outcome {
        try await run(arguments, in: folder)
    }

    /// Runs it to its end.
    package static func run(
        _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await outcome(of: start(arguments, in: folder, environment: environment))
    }

    /// Waits for a program's end; what came of it.
    package static func outcome(of program: RunningProgram) async throws -> Outcome {
        let exit = try await program.exit()
        return Outcome(exit: exit, output: program.output, complaints: program.complaints)
    }

    /// Runs lines of a shell in which `tapedeck` is it.
    package static func shell(_ script: String, in folder: String) async throws -> Outcome {
        let program = try RunningProgram(
            "/bin/bash", ["-c", "set -o pipefail; tapedeck() { \"$0\" \"$@\"; }; \(script)", path], in: folder)
        let exit = try await program.exit()
        return Outcome(exit: exit, output: program.output, complaints: program.complaints)
    }

    /// What came of a run.
    package struct Outcome: Sendable, CustomStringConvertible {
        package var exit: RunningProgram.Exit
        package var output: String
        package var complaints: String

        package var description: String { "\(exit)\n\(output)\n\(complaints)" }
    }
}
