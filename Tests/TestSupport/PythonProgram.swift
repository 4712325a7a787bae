import Foundation

/// Programs in Python: real clients and servers.
package enum PythonProgram {
    /// The folder that holds `Package.swift`.
    package static let root = Fixtures.url("..").standardizedFileURL.path

    /// Whether a module is installed.
    package static func has(_ module: String) -> Bool {
        (try? ShortProgram.run("python3", ["-c", "import \(module)"]).status) == 0
    }

    /// Starts one of the project's programs, such as `Examples/lab_client.py`.
    package static func start(_ path: String, _ arguments: [String]) throws -> RunningProgram {
        try RunningProgram("python3", ["\(root)/\(path)"] + arguments)
    }

    /// Runs one of the project's programs to its end.
    package static func run(_ path: String, port: Int) async throws -> BuiltBinary.Outcome {
        try await BuiltBinary.outcome(of: start(path, [String(port)]))
    }

    /// Runs Python text with a port as its first argument. It finds the standard modules of clients imported, and
    /// `connect()`, `exactly(connection, count)` and `rest(connection)`.
    package static func run(text: String, port: Int) async throws -> BuiltBinary.Outcome {
        try await BuiltBinary.outcome(of: start(text: text, port: port))
    }

    /// Starts Python text, as `run(text:port:)`, with more arguments behind the port.
    package static func start(text: String, port: Int, _ arguments: [String] = []) throws -> RunningProgram {
        try RunningProgram("python3", ["-c", preamble + text, String(port)] + arguments)
    }

    private static let preamble = """
        import json, pickle, socket, struct, sys, threading
        PORT = int(sys.argv[1])
        def connect():
            connection = socket.create_connection(('127.0.0.1', PORT))
            connection.settimeout(60)
            return connection
        def exactly(connection, count):
            parts = []
            while count and (part := connection.recv(count)):
                parts.append(part)
                count -= len(part)
            return b''.join(parts)
        def rest(connection):
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            return b''.join(parts)

        """
}
