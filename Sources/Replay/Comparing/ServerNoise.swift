internal import Codecs
internal import Recorder

/// What differs by itself between two runs of one server.
struct ServerNoise {
    /// Rules for what differs, narrow ones: they hold for other messages at the same path, too.
    let rules: [MatchRule]
    /// Places of answers that differ, by line.
    private var places: [Int: Set<String>] = [:]
    /// Differences that are about a whole message.
    private var others: Set<Other> = []

    private struct Other: Hashable {
        var line: Int
        var kind: String
    }

    /// - Parameter report: of the second run, compared with the first.
    init(_ report: RecordingReport, limits: DecodingLimits) {
        var observations = Observations()
        observations.take(report, recording: 0, run: 1)
        observations.endRound(of: 0, runs: 0..<2)
        rules = Lessons(observations, runs: 2, limits: limits).rules.compactMap(\.rule)
        for difference in report.findings.differences {
            if case .value(let values) = difference.kind {
                places[difference.line, default: []].formUnion(values.map(\.path))
            } else {
                others.insert(Other(line: difference.line, kind: difference.kind.name))
            }
        }
    }

    /// Takes out of what another server's run found what is noise there; tells where there is noise, for a person.
    func take(from findings: inout ReplayFindings) -> [String] {
        let before = findings.differences.count
        findings.differences = findings.differences.compactMap { difference in
            guard case .value(let values) = difference.kind else {
                let isNoise = others.contains(Other(line: difference.line, kind: difference.kind.name))
                return isNoise ? nil : difference
            }
            let noisy = places[difference.line] ?? []
            let left = values.filter { !noisy.contains($0.path) || $0.isOfAnotherType }
            guard !left.isEmpty else { return nil }
            var difference = difference
            difference.kind = .value(left)
            return difference
        }
        findings.matched += before - findings.differences.count
        return described
    }

    private var described: [String] {
        let paths = Set(places.values.joined().map(DifferenceMark.shape)).sorted()
        let whole = others.sorted { ($0.line, $0.kind) < ($1.line, $1.kind) }.map { "line \($0.line) (\($0.kind))" }
        return paths + whole
    }
}

extension ValueDifference {
    /// Whether one is a text and the other a number, say, or there is only one of them.
    fileprivate var isOfAnotherType: Bool {
        let mark = DifferenceMark(kind: .init(name: "value"), expected: expected, actual: actual)
        return mark.types.first != mark.types.last
    }
}
