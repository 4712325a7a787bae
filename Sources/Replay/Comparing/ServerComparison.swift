package import Codecs
internal import NIOCore
internal import Recorder

/// Compares two servers on what recorded clients sent: what the second one answers with what the first one answers.
///
/// The first is asked once for its answers, which stand in the place of the recorded ones from then on, and once more for what
/// differs by itself between its own runs. Then the second is asked.
package struct ServerComparison: Sendable {
    private let first: ReplayTarget
    private let second: ReplayTarget
    private let options: ReplayOptions
    private let limits: DecodingLimits

    package init(
        _ first: ReplayTarget, with second: ReplayTarget, options: ReplayOptions, limits: DecodingLimits
    ) {
        self.first = first
        self.second = second
        self.options = options
        self.limits = limits
    }

    /// Asks both what the clients of a recording asked, and says where the second differs.
    package func report(on path: String) async -> RecordingReport {
        let start = RecordingClock.monotonic()
        var report = RecordingReport(path: path)
        do {
            report = try await compared(path)
        } catch let failure as Failure {
            report.problem = failure.reason
            report.serverOutput = failure.output
        } catch is CancellationError {
            report.problem = "interrupted"
        } catch {
            report.problem = "\(error)"
        }
        report.path = path
        report.rules = options.rules
        report.compared = report.compared ?? ComparedServers(first: first.name, second: second.name)
        report.duration = RecordingClock.monotonic() - start
        return report
    }

    /// Why there is nothing to compare.
    private struct Failure: Error {
        var reason: String
        var output: [UInt8] = []
    }

    private func compared(_ path: String) async throws -> RecordingReport {
        var options = options
        options.keepsConversation = false
        options.keepsAmendments = true
        options.goesOnWithoutAnswers = true
        let begun = ContinuousClock.now
        let asked = try await replay(path, first, "A", options)
        if let reason = asked.findings.reasonAgainstAnswers {
            throw Failure(
                reason: "A (\(first.name)) does not take the recording's way: \(reason): record it anew",
                output: asked.serverOutput)
        }
        let answers = try NamelessFile()
        let origins = try RecordingAmending.copy(
            path, asked.findings.amendments ?? RecordingAmendments(), to: answers)

        // A clock in seconds has to tick.
        try await Task.sleep(until: begun + RuleLearning.distance)
        options = self.options
        options.keepsConversation = false
        options.keepsDifferingAnswers = true
        let again = try await replay(answers.path, first, "A", options)
        let noise = ServerNoise(again, limits: limits)

        options = self.options
        options.rules += noise.rules
        var report = try await replay(answers.path, second, "B", options)
        report.compared = ComparedServers(
            first: first.name, second: second.name, noise: noise.take(from: &report.findings))
        report.findings.rules.used.formUnion(asked.findings.rules.used)
        report.findings.rules.used.formUnion(again.findings.rules.used)
        report.renumber(origins)
        return report
    }

    private func replay(
        _ path: String, _ server: ReplayTarget, _ letter: String, _ options: ReplayOptions
    ) async throws -> RecordingReport {
        let report = await RecordingReplay(options: options, limits: limits).report(
            on: path, target: server)
        try Task.checkCancellation()
        if let problem = report.problem {
            throw Failure(reason: "\(letter) (\(server.name)): \(problem)", output: report.serverOutput)
        }
        return report
    }
}

/// The two servers that a report compares.
package struct ComparedServers: Sendable, Hashable {
    /// The one whose answers are expected.
    package var first: String
    package var second: String
    /// Where the first one's own runs differ, which was not compared.
    package var noise: [String] = []
}

extension ReplayTarget {
    /// What a report calls it: its address, or its command.
    var name: String {
        switch self {
        case .start(let start): return start.command
        case .addresses(let addresses, let others):
            func text(_ address: SocketAddress) -> String { "\(address.ipAddress ?? "?"):\(address.port ?? 0)" }
            let named = addresses.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }
            return (named + (others.map { [text($0)] } ?? [])).joined(separator: " ")
        }
    }
}

extension RecordingReport {
    /// Puts the recording's own lines in the place of those of a copy.
    ///
    /// - Parameter origins: for each line of the copy the one that it comes from.
    mutating func renumber(_ origins: [Int]) {
        func origin(_ line: Int) -> Int { line > 0 && line <= origins.count ? origins[line - 1] : line }
        for index in findings.differences.indices {
            findings.differences[index].line = origin(findings.differences[index].line)
            for place in findings.differences[index].context.indices {
                findings.differences[index].context[place].line = origin(
                    findings.differences[index].context[place].line)
            }
        }
        for index in conversation.indices { conversation[index].line = origin(conversation[index].line) }
    }
}
