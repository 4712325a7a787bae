import Foundation
import Synchronization

/// A program that a test runs, with what it prints in files, so that nothing waits for a reader.
///
/// It is killed with its last reference, and by the kernel should the tests themselves be killed.
package final class RunningProgram: Sendable {
    /// How a program ended.
    package enum Exit: Sendable, Hashable {
        case status(Int32)
        case signal(Int32)
    }

    /// A wait of a test has lasted longer than anything that works.
    package struct Overdue: Error, CustomStringConvertible {
        package let description: String
    }

    /// The longest that anything is waited for: a safety net, never part of what is tested.
    package static let patience = Duration.seconds(120)

    package let processID: Int32
    private let folder: ScratchFolder
    private let name: String
    private let end: End

    /// Starts a program; `environment` stands beside what the tests themselves have.
    package init(
        _ executable: String, _ arguments: [String], in workingFolder: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        folder = try ScratchFolder()
        name = ([executable] + arguments).joined(separator: " ")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["setpriv", "--pdeathsig", "KILL", "--", executable] + arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
            .merging(environment) { $1 }
        if let workingFolder { process.currentDirectoryURL = URL(fileURLWithPath: workingFolder) }
        process.standardInput = FileHandle.nullDevice
        let files = try [Self.file(folder.path("stdout")), Self.file(folder.path("stderr"))]
        // A process that has ended keeps them open, and Foundation reads beyond its list of more than a thousand descriptors.
        defer { for file in files { try? file.close() } }
        process.standardOutput = files[0]
        process.standardError = files[1]
        let end = End()
        process.terminationHandler = { end.set($0) }
        try Launcher.shared.run(process)
        processID = process.processIdentifier
        self.end = end
    }

    deinit { signal(SIGKILL) }

    /// What it has printed so far.
    package var output: String { folder.text("stdout") ?? "" }

    /// What it has complained of so far.
    package var complaints: String { folder.text("stderr") ?? "" }

    /// Sends it a signal, unless it has ended.
    package func signal(_ number: Int32) { if end.exit == nil { kill(processID, number) } }

    /// Waits for its end.
    package func exit() async throws -> Exit {
        try await wait(for: "its end") { self.end.exit }
    }

    /// Waits until a text stands in what it has printed or complained of.
    package func waitForText(_ text: String) async throws {
        try await wait(for: "\"\(text)\"") { self.output.contains(text) || self.complaints.contains(text) ? () : nil }
    }

    /// Waits until something is there; not beyond the program's end.
    @discardableResult
    package func wait<Found>(for what: String, _ find: () -> Found?) async throws -> Found {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            // In this order: what it did last counts.
            let hasEnded = end.exit != nil
            if let found = find() { return found }
            guard !hasEnded, ContinuousClock.now < deadline else {
                throw Overdue(
                    description:
                        "no \(what) from \(name) (\(hasEnded ? "it has ended" : "it runs")):\n\(output)\(complaints)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func file(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    /// The end of the process, told of by a thread of Foundation's. Apart from the program, which it must not keep alive.
    private final class End: Sendable {
        private let state = Mutex<Exit?>(nil)

        var exit: Exit? { state.withLock { $0 } }

        func set(_ process: Process) {
            let status = process.terminationStatus
            let exit: Exit = process.terminationReason == .exit ? .status(status) : .signal(status)
            state.withLock { $0 = exit }
        }
    }
}

/// The one thread that starts programs. The kernel's parent-death signal comes when the thread ends that started them;
/// this one lasts as long as the tests.
private final class Launcher: Sendable {
    static let shared = Launcher()
    private let waiting = Mutex<[Start]>([])
    private let work = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                work.wait()
                waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.run()
            }
        }
        thread.start()
    }

    func run(_ process: Process) throws {
        let start = Start(process)
        waiting.withLock { $0.append(start) }
        work.signal()
        try start.wait()
    }

    /// One process to be started.
    private final class Start: @unchecked Sendable {
        // Sound since the semaphore is between the one thread that runs it and the one that waits.
        private let process: Process
        private let done = DispatchSemaphore(value: 0)
        private var failure: (any Error)?

        init(_ process: Process) { self.process = process }

        func run() {
            do { try process.run() } catch { failure = error }
            done.signal()
        }

        func wait() throws {
            done.wait()
            if let failure { throw failure }
        }
    }
}
