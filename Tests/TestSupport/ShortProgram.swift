package import Foundation

/// A program that a test runs to its end, for what it prints.
package enum ShortProgram {
    /// What it printed, and the status that it ended with (nil where it did not end in a minute).
    package struct Result: Sendable {
        package var output: Data
        package var status: Int32?
    }

    /// Runs a program that is found on the path.
    package static func run(_ name: String, _ arguments: [String], input: FileHandle? = nil) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input ?? FileHandle.nullDevice
        // `waitUntilExit` turns a run loop, and that of a test's thread is not sure to hear of the end.
        let hasEnded = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in hasEnded.signal() }
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let isOver = hasEnded.wait(timeout: .now() + .seconds(60)) == .success
        return Result(output: printed, status: isOver ? process.terminationStatus : nil)
    }
}
