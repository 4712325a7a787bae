package import Codecs
package import NIOCore
internal import Processes
internal import Recorder
internal import Synchronization

/// Against what a recording is replayed.
package enum ReplayTarget: Sendable {
    /// Servers that run already: the address for each recorded port, and the one for any other.
    case addresses([Int: SocketAddress], others: SocketAddress?)
    /// A fresh server for each recording, started like this.
    case start(ServerStart)
}

/// Replays a recording file, from starting its server to the report.
package struct RecordingReplay: Sendable {
    private let options: ReplayOptions
    private let limits: DecodingLimits

    package init(options: ReplayOptions, limits: DecodingLimits = DecodingLimits()) {
        self.options = options
        self.limits = limits
    }

    /// Replays one recording in each of these ways of cutting what clients send, and says what they found; with a server to
    /// start, each replay has a fresh one.
    package func report(on path: String, target: ReplayTarget, ways: [Segmentation]) async -> RecordingReport {
        guard !ways.isEmpty else { return await report(on: path, target: target) }
        var check = SegmentationCheck(options: options, lengthBytes: Self.lengthBytes(ofRecordingAt: path)) { options in
            await RecordingReplay(options: options, limits: limits).report(on: path, target: target)
        }
        let start = RecordingClock.monotonic()
        var report = await check.run(ways)
        report.duration = RecordingClock.monotonic() - start
        return report
    }

    private static func lengthBytes(ofRecordingAt path: String) -> Int? {
        guard let ports = try? RecordingReader(path: path).header.ports, ports.count == 1, let port = ports.first else {
            return nil
        }
        return (try? CodecRegistry.codec(named: port.codec))?.framing.lengthBytes
    }

    /// Replays one recording. What goes wrong stands in the report.
    package func report(on path: String, target: ReplayTarget) async -> RecordingReport {
        var report = RecordingReport(path: path)
        report.rules = options.rules
        let start = RecordingClock.monotonic()
        do {
            try await replay(path, target, into: &report)
        } catch let error as RecordingError {
            report.problem = error.line > 0 ? "line \(error.line): \(error.reason)" : error.reason
        } catch let error as ServerProcessError where error.code == .cancelled {
            report.problem = "interrupted"
        } catch let error as ServerProcessError {
            report.problem = error.reason
            report.serverOutput = error.output
        } catch is CancellationError {
            report.problem = "interrupted"
        } catch {
            report.problem = "\(error)"
        }
        report.duration = RecordingClock.monotonic() - start
        return report
    }

    private func replay(_ path: String, _ target: ReplayTarget, into report: inout RecordingReport) async throws {
        let first = try RecordingReader(path: path)
        report.ports = first.header.ports
        let recorded = report.ports.compactMap(\.number)
        switch target {
        case .addresses(let addresses, let others):
            var targets = addresses
            if let others {
                // One address stands for one recorded port; which of several it is would be a guess.
                let open = Set(recorded).subtracting(addresses.keys)
                guard open.count <= 1 || !addresses.isEmpty else { throw ReplayError.severalPorts(open.sorted()) }
                for port in open { targets[port] = others }
            }
            try await run(path, targets, nil, into: &report)
        case .start(let start):
            let ports = try ServerCommand.freePorts(for: recorded)
            let server = try ServerProcess.start(
                command: start.command, ports: ports, environment: start.environment, workingFolder: start.folder)
            do {
                let hosts = try await server.waitUntilListening(
                    ports: Array(ports.values), timeout: start.readyTimeout)
                let targets = try ports.mapValues {
                    try SocketAddress(ipAddress: hosts[$0] ?? "127.0.0.1", port: $0)
                }
                try await run(path, targets, server, into: &report)
            } catch {
                await server.stop()
                throw error
            }
            await server.stop()
        }
    }

    private func run(
        _ path: String, _ targets: [Int: SocketAddress], _ server: ServerProcess?, into report: inout RecordingReport
    ) async throws {
        let printed = Mutex<Int?>(nil)
        let outcome = try await ReplayRun.replay(
            path, targets: targets, options: options, limits: limits
        ) {
            printed.withLock { $0 = server?.outputCount }
        }
        report.findings = outcome.findings
        report.tornLine = outcome.tornLine
        report.lacksEnd = outcome.lacksEnd
        guard report.findings.sessions > 0 else {
            throw report.findings.continued > 0 ? ReplayError.allContinued : ReplayError.noSessions
        }
        let hasDifferences = !report.findings.differences.isEmpty
        let exit = await exitStatus(of: server, isLikely: hasDifferences)
        // A server that ends when its work is done, or when its client gives up, is none that died.
        let isEndOfWork = exit == .exited(code: 0) && !report.findings.differences.contains(where: \.isEndOfConnection)
        let hasDied = exit != nil && !isEndOfWork
        if let exit, hasDied, hasDifferences || exit != .unknown {
            report.findings.differences.insert(
                Difference(.died(reason: "it \(exit)"), session: 0, line: 0, time: 0), at: 0)
        } else if let reason = report.findings.unreachable {
            report.problem = "cannot connect to \(reason)"
            report.findings.differences = []
        }
        ConversationBefore.fill(&report.findings.differences, from: path)
        report.conversation = ConversationReading.entries(ofRecordingAt: path, report.findings)
        report.findings.conversation = nil
        guard let server, report.outcome != .passed else { return }
        // The last words of a server that died say why.
        if !hasDied, let count = printed.withLock({ $0 }) {
            (report.serverOutput, report.laterOutput) = server.output(around: count)
        } else {
            report.serverOutput = server.output()
        }
    }

    /// How a started server has ended. One whose connection broke may be about to: it is given a moment.
    private func exitStatus(of server: ServerProcess?, isLikely: Bool) async -> ProcessExit? {
        guard let server else { return nil }
        for _ in 0..<(isLikely ? 40 : 0) where server.exitStatus() == nil {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        return server.exitStatus()
    }
}
