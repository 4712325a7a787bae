import Foundation
import Testing

/// The built program as a process of its own, for what cannot be tried within the tests' process.
final class BuiltServer: Sendable {
    let port: Int
    private let process: ProcessBox
    private let lines: AsyncStream<String>

    private struct ProcessBox: @unchecked Sendable {
        // Only started and signalled, which Foundation allows from any thread.
        let process: Process
    }

    /// Serves `listen` with at most that many descriptors; waits until it listens.
    init(listen: String, descriptors: Int) async throws {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let program = tests.deletingLastPathComponent().appendingPathComponent("tapedeck").path
        try #require(FileManager.default.isExecutableFile(atPath: program), "tapedeck is not built beside the tests")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "prlimit", "--nofile=\(descriptors):\(descriptors)", program, "serve", "--listen", listen, "--quiet",
        ]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        lines = Self.lines(of: errors.fileHandleForReading)
        try process.run()
        self.process = ProcessBox(process: process)
        var port: Int?
        for await line in lines {
            guard let range = line.range(of: "listening on 127.0.0.1:") else { continue }
            port = Int(line[range.upperBound...].prefix { $0.isNumber })
            break
        }
        self.port = try #require(port)
    }

    /// Waits for a line of its stderr that holds `text`; false when the program ends without it.
    func says(_ text: String) async -> Bool {
        for await line in lines where line.contains(text) { return true }
        return false
    }

    /// Asks it to stop; gives its exit status.
    func stop() async -> Int32 {
        process.process.terminate()
        // Its stderr ends with it.
        for await _ in lines {}
        process.process.waitUntilExit()
        return process.process.terminationStatus
    }

    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            var rest = ""
            while case let data = handle.availableData, !data.isEmpty {
                var parts = (rest + String(decoding: data, as: UTF8.self)).components(separatedBy: "\n")
                rest = parts.removeLast()
                for line in parts { continuation.yield(line) }
            }
            continuation.finish()
        }
        return lines
    }
}
