package import Codecs
internal import Glibc
package import NIOCore
internal import Recorder
internal import Synchronization

/// Does the sessions of recordings many times at once, on all event loops, and measures how a server bears it.
package struct LoadRun: Sendable {
    private let script: LoadScript
    private let settings: LoadSettings
    private let targets: [Int: SocketAddress]
    private let limits: DecodingLimits
    private let group: any EventLoopGroup
    private let shared: LoadShared

    /// No connection could ever be made.
    package struct Unreachable: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter target: one of servers that run already.
    package init(
        _ script: LoadScript, _ settings: LoadSettings, target: ReplayTarget, limits: DecodingLimits,
        on group: any EventLoopGroup
    ) throws(ReplayError) {
        self.script = script
        self.settings = settings
        self.limits = limits
        self.group = group
        shared = LoadShared(connections: settings.connections)
        guard case .addresses(var targets, let others) = target else { throw .noTarget(port: 0) }
        let open = script.ports.filter { targets[$0] == nil }
        if let others {
            guard open.count <= 1 || !targets.isEmpty else { throw .severalPorts(open) }
            for port in open { targets[port] = others }
        } else if let lacking = open.first {
            throw .noTarget(port: lacking)
        }
        self.targets = targets
    }

    /// Answers that were measured so far, about.
    package var answered: Int { shared.answered }

    /// Puts the load on. A task that is cancelled ends it at once, and gives what was measured so far.
    package func run() async throws -> LoadReport {
        let begun = RecordingClock.monotonic()
        let measuredFrom = begun + settings.warmUp.microseconds
        let until = settings.duration.map { measuredFrom + $0.microseconds }
        let eventLoops = Array(group.makeIterator().prefix(settings.connections))
        let start = LoadStart()
        let warmUp = Task { [settings] in
            try await Task.sleep(for: settings.warmUp)
            start.note(Self.processTime())
        }
        defer { warmUp.cancel() }
        var results: [EventLoopFuture<LoadLoop.Result>] = []
        var running: [NIOLoopBoundBox<LoadLoop?>] = []
        for (index, eventLoop) in eventLoops.enumerated() {
            let completion = eventLoop.makePromise(of: LoadLoop.Result.self)
            let box = NIOLoopBoundBox<LoadLoop?>.makeEmptyBox(eventLoop: eventLoop)
            let mine = Array(stride(from: index, to: settings.connections, by: eventLoops.count))
            eventLoop.execute {
                let loop = LoadLoop(
                    eventLoop, script, settings, targets: targets, shared: shared, limits: limits,
                    measuredFrom: measuredFrom, completion)
                do {
                    try loop.readRules()
                    box.value = loop
                    loop.begin(mine, at: begun, until: until)
                } catch {
                    completion.fail(error)
                }
            }
            results.append(completion.futureResult)
            running.append(box)
        }
        let (loops, boxes) = (eventLoops, running)
        let all = try await withTaskCancellationHandler {
            try await EventLoopFuture.whenAllSucceed(results, on: eventLoops[0]).get()
        } onCancel: {
            for (eventLoop, box) in zip(loops, boxes) { eventLoop.execute { box.value?.stop() } }
        }
        if let reason = shared.unreachable { throw Unreachable(description: "cannot connect to \(reason)") }
        let endedAt = min(all.map(\.endedAt).max() ?? begun, until ?? .max)
        return report(all, measured: max(endedAt - measuredFrom, 0), used: start.time)
    }

    private func report(_ results: [LoadLoop.Result], measured: Int64, used before: Int64?) -> LoadReport {
        var tally = results[0].tally
        for result in results.dropFirst() { tally.add(result.tally) }
        var report = LoadReport(settings, tally, measured: measured)
        report.paths = script.sources.map(\.path)
        report.targets = targets.sorted { $0.key < $1.key }.map { "\($0.value.ipAddress ?? "?"):\($0.value.port ?? 0)" }
        report.leftOut = script.leftOut
        report.isInterrupted = Task.isCancelled
        guard measured > 0 else { return report }
        report.processors = before.map { Double(Self.processTime() - $0) / Double(measured) } ?? 0
        report.busiest = Double(results.map(\.used).max() ?? 0) / Double(measured)
        return report
    }

    /// Processor time of this process, in microseconds.
    private static func processTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// The processor time that had been used when measuring began.
private final class LoadStart: Sendable {
    private let noted = Mutex<Int64?>(nil)

    var time: Int64? { noted.withLock { $0 } }

    func note(_ time: Int64) { noted.withLock { $0 = time } }
}
