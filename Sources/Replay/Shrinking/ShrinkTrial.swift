internal import Codecs
internal import Recorder

/// Replays of parts of a recording, and the smallest part so far that fails as the whole did.
///
/// Confined to the task that shrinks.
final class ShrinkTrial {
    private let excerpt: RecordingExcerpt
    private let settings: RecordingShrinking.Settings
    private let progress: @Sendable (RecordingShrinking.Progress) -> Void
    private let replay: @Sendable ([UInt8]) async throws -> RecordingReport
    private let start = ContinuousClock.now

    /// The smallest part so far.
    private(set) var choice = RecordingExcerpt.Choice()
    private(set) var runs = 0
    private(set) var confirmed = (failed: 0, runs: 0)
    /// The difference that the last failing replay showed, for a person.
    private(set) var shown = ""
    private var size: RecordingExcerpt.Size
    /// The difference that is to show.
    private var wanted: DifferenceMark?
    private var sameness = DifferenceMark.Sameness.answer
    /// The kinds of all differences that the whole recording shows. With others the rest of a recording makes no sense.
    private var known: Set<DifferenceMark.Kind> = []
    /// Parts that do not fail.
    private var passing: Set<Int> = []

    /// What follows when a server or a connection ends, in one order or another.
    private static let ends = ["died", "ending", "refused", "missing"]

    init(
        _ excerpt: RecordingExcerpt, settings: RecordingShrinking.Settings,
        progress: @escaping @Sendable (RecordingShrinking.Progress) -> Void,
        replay: @escaping @Sendable ([UInt8]) async throws -> RecordingReport
    ) {
        self.excerpt = excerpt
        self.settings = settings
        self.progress = progress
        self.replay = replay
        size = excerpt.size(of: choice)
    }

    /// Whether any failure is as good as the first one.
    var takesAnything: Bool { sameness == .any }

    // MARK: The whole recording

    /// Replays all of it, so often as was asked for, and takes note of how it fails.
    func confirm() async throws {
        let text = excerpt.text(of: choice) ?? []
        var failing: [[DifferenceMark]] = []
        for _ in 0..<max(settings.confirmations, 1) {
            let report = try await run(text, .confirming)
            try Task.checkCancellation()
            if let problem = report.problem { throw RecordingShrinking.Refusal(description: problem) }
            confirmed.runs += 1
            guard let first = report.findings.differences.first else { continue }
            if failing.isEmpty { shown = Self.text(first) }
            failing.append(report.findings.differences.flatMap(DifferenceMark.marks))
        }
        confirmed.failed = failing.count
        guard let first = failing.first?.first else {
            throw RecordingShrinking.Refusal(
                description: "passes: there is no failure to look for"
                    + (confirmed.runs > 1 ? ", in \(confirmed.runs) runs" : ""))
        }
        wanted = first
        known = Set(failing.joined().map(\.kind))
        if Self.ends.contains(first.kind.name) { known.formUnion(Self.ends.map { DifferenceMark.Kind(name: $0) }) }
        switch settings.criterion {
        case .anyFailure: sameness = .any
        case .sameKind: sameness = .kind
        case .sameAnswer:
            let isStable = failing.allSatisfy { marks in marks.contains { $0.stands(for: first, .answer) } }
            sameness = isStable ? .answer : .kind
        }
    }

    // MARK: Parts of it

    /// Leaves out as many of these parts as can be.
    func remove(_ parts: [[Int]], _ phase: RecordingShrinking.Phase) async throws {
        let begun = choice
        let standing = parts.filter { part in part.contains { !begun.removed.contains($0) } }
        _ = try await Minimizing.minimize(Array(standing.indices)) { kept in
            var candidate = begun
            let kept = Set(kept)
            for index in standing.indices where !kept.contains(index) { candidate.removed.formUnion(standing[index]) }
            // A line that belongs to two parts stays as long as one of them does.
            for index in kept { candidate.removed.subtract(standing[index].filter { !begun.removed.contains($0) }) }
            return try await fails(candidate, phase)
        }
    }

    /// Whether a part fails as the whole did; then it is the smallest one from now on.
    ///
    /// - Parameter hasOtherAnswers: what servers are to say is changed, too, so that the answer cannot be the same.
    func fails(
        _ candidate: RecordingExcerpt.Choice, _ phase: RecordingShrinking.Phase, hasOtherAnswers: Bool = false
    ) async throws -> Bool {
        if candidate == choice { return true }
        guard let text = excerpt.text(of: candidate) else { return false }
        let key = text.hashValue
        guard !passing.contains(key) else { return false }
        // A failure that does not always show is given several chances to.
        for _ in 0..<(confirmed.failed == confirmed.runs ? 1 : confirmed.runs) {
            try checkBounds()
            let report = try await run(text, phase)
            if Task.isCancelled { throw RecordingShrinking.Stop.interrupted }
            if report.findings.unreachable != nil, let problem = report.problem {
                throw RecordingShrinking.Stop.unreachable(problem)
            }
            guard let found = found(in: report, hasOtherAnswers) else { continue }
            choice = candidate
            size = excerpt.size(of: candidate)
            if hasOtherAnswers { wanted = found.mark }
            shown = Self.text(found.difference)
            return true
        }
        passing.insert(key)
        return false
    }

    private func found(
        in report: RecordingReport, _ hasOtherAnswers: Bool
    ) -> (difference: Difference, mark: DifferenceMark)? {
        guard report.problem == nil, let wanted else { return nil }
        let sameness = hasOtherAnswers && sameness == .answer ? .kind : sameness
        let all = report.findings.differences.flatMap { difference in
            DifferenceMark.marks(of: difference).map { (difference: difference, mark: $0) }
        }
        if sameness != .any, !all.allSatisfy({ known.contains($0.mark.kind) }) { return nil }
        return all.first { $0.mark.stands(for: wanted, sameness) }
    }

    private func run(_ text: [UInt8], _ phase: RecordingShrinking.Phase) async throws -> RecordingReport {
        progress(RecordingShrinking.Progress(runs: runs, size: size, phase: phase))
        runs += 1
        return try await replay(text)
    }

    private func checkBounds() throws(RecordingShrinking.Stop) {
        if Task.isCancelled { throw .interrupted }
        if runs >= settings.maximumRuns { throw .runs }
        if ContinuousClock.now - start >= settings.maximumTime { throw .time }
    }

    // MARK: Words

    private static func text(_ difference: Difference) -> String {
        var place: [String] = []
        if difference.session > 0 { place.append("session \(difference.session)") }
        if difference.line > 0 { place.append("line \(difference.line)") }
        let start = place.isEmpty ? "" : place.joined(separator: ", ") + ": "
        guard case .value(let values) = difference.kind, let first = values.first else {
            return TerminalText.escaped(start + difference.kind.sentence)
        }
        let more = values.count > 1 ? " (and \((values.count - 1).counting("more place")))" : ""
        func cut(_ text: String?) -> String {
            guard let text else { return "nothing" }
            return text.unicodeScalars.count > 60 ? String(text.unicodeScalars.prefix(60)) + "…" : text
        }
        return TerminalText.escaped("\(start)\(first.path): \(cut(first.expected)) → \(cut(first.actual))\(more)")
    }
}
