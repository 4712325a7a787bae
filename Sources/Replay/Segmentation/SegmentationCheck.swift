internal import Codecs
internal import Recorder

/// Replays a recording with its clients' bytes cut in different ways, and finds the shortest case in which that changes the
/// answers.
///
/// It knows of replays only that they can be done: each is one call.
struct SegmentationCheck {
    /// Replays at most for finding one shortest case.
    private static let maximumSearches = 40
    /// How long an answer is waited for while the shortest case is looked for, at least.
    private static let minimumPatience = Duration.seconds(1)

    let options: ReplayOptions
    /// Bytes in front of a payload, in the framing that is spoken; nil where it has none, or several are spoken.
    var lengthBytes: Int?
    let replay: (ReplayOptions) async -> RecordingReport

    private var result = SegmentationResult()
    /// How long the replay took in which each message was a piece: none waits much longer for an answer.
    private var usualTime = Duration.zero
    private var searchesLeft = 0

    init(options: ReplayOptions, lengthBytes: Int? = nil, replay: @escaping (ReplayOptions) async -> RecordingReport) {
        self.options = options
        self.lengthBytes = lengthBytes
        self.replay = replay
    }

    /// Tries the ways. The report is that of the shortest case that fails, or of the last replay where none does.
    mutating func run(_ ways: [Segmentation]) async -> RecordingReport {
        var single: RecordingReport?
        if ways.count == 1, let way = ways.first, way != .whole {
            let report = await attempt(way)
            // Only what fails is compared with messages that arrive one by one.
            if report.outcome != .failed { return finish(report) }
            single = report
        }
        var last = await attempt(.whole)
        usualTime = .microseconds(last.duration)
        guard last.outcome == .passed else { return await judgeWhole(last) }
        var shown: RecordingReport?
        for way in ways where way != .whole {
            // Chance has nothing to add where a plain way has shown something.
            if case .random = way, shown != nil { continue }
            let report = if let single { single } else { await attempt(way) }
            if report.problem != nil { return finish(report) }
            guard report.outcome != .passed else {
                last = report
                continue
            }
            let explained = await explain(way, report)
            shown = shown ?? explained
        }
        return finish(shown ?? last)
    }

    /// Each message on its own changes the answers: perhaps they are wrong in any way, or only in this one.
    private mutating func judgeWhole(_ whole: RecordingReport) async -> RecordingReport {
        guard whole.problem == nil else { return finish(whole) }
        let plain = await attempt(nil)
        guard plain.problem == nil else { return finish(plain) }
        let verdict: SegmentationVerdict = plain.outcome == .passed ? .apart : .notTheCause
        result.findings.append(SegmentationFinding(way: Segmentation.whole.description, verdict: verdict))
        return finish(plain.outcome == .passed ? whole : plain)
    }

    private mutating func attempt(_ way: Segmentation?) async -> RecordingReport {
        var options = options
        options.segmentation = way
        // What the first difference is tells enough where another way has none.
        options.endsAtDifference = way != nil && way != .whole
        let report = await replay(options)
        if report.problem == nil {
            result.add(way?.description ?? "as recorded", passed: report.outcome == .passed)
            result.piecesNotApart += report.findings.piecesNotApart
        }
        return report
    }

    private func finish(_ report: RecordingReport) -> RecordingReport {
        var report = report
        report.segmentation = result
        return report
    }

    // MARK: The shortest case

    private mutating func explain(_ way: Segmentation, _ failed: RecordingReport) async -> RecordingReport {
        searchesLeft = Self.maximumSearches
        var finding = SegmentationFinding(way: way.description, verdict: .unclear)
        var shown = failed
        if let (points, report) = await shortest(Self.candidates(failed)) {
            finding.shortest = points
            finding.verdict = await verdict(of: points)
            shown = report
            if let alone = await fails(points, onlySession: points.last?.session) {
                finding.showsAlone = true
                shown = alone
            }
        }
        result.findings.append(finding)
        return shown
    }

    /// The places that can have had to do with the first difference: none that came behind it.
    private static func candidates(_ failed: RecordingReport) -> [SegmentPoint] {
        let points = failed.findings.segmentPoints
        // A join went out with the message before it, so that the first answer to differ may stand before its line.
        guard
            let end = points.lastIndex(where: { point in
                failed.findings.differences.contains { point.line <= $0.line || $0.line == 0 }
            })
        else { return points }
        return Array(points.prefix(end + 1 + 8))
    }

    /// The fewest of these places that still make the replay fail, with the report of that; nil where none was found.
    private mutating func shortest(_ points: [SegmentPoint]) async -> ([SegmentPoint], RecordingReport)? {
        guard let first = points.first else { return nil }
        if let report = await fails([first]) { return ([first], report) }
        guard var best = await fails(points) else { return nil }
        // The fewest messages from the beginning on.
        let messages = Self.byMessage(points)
        var low = 0
        var high = messages.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if let report = await fails(Array(messages[..<middle].joined())) {
                high = middle
                best = report
            } else {
                low = middle
            }
        }
        var before = Array(messages[..<(high - 1)].joined())
        let last = messages[high - 1]
        // Most often the last of them alone does it.
        if let report = await fails(last) {
            before = []
            best = report
        }
        for point in [last.first, last.last, last[last.count / 2]].compactMap(\.self) {
            if let report = await fails(before + [point]) { return (before + [point], report) }
        }
        low = 0
        high = last.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if let report = await fails(before + last[..<middle]) {
                high = middle
                best = report
            } else {
                low = middle
            }
        }
        if let report = await fails(before + [last[high - 1]]) { return (before + [last[high - 1]], report) }
        return (before + Array(last[..<high]), best)
    }

    private static func byMessage(_ points: [SegmentPoint]) -> [[SegmentPoint]] {
        var groups: [[SegmentPoint]] = []
        for point in points {
            if groups.last?.last?.line == point.line {
                groups[groups.count - 1].append(point)
            } else {
                groups.append([point])
            }
        }
        return groups
    }

    /// The report of a replay with these places only, if it fails.
    private mutating func fails(_ points: [SegmentPoint], onlySession: Int? = nil) async -> RecordingReport? {
        guard searchesLeft > 0, !Task.isCancelled else { return nil }
        searchesLeft -= 1
        result.searches += 1
        var options = options
        options.segmentation = .only(points)
        options.endsAtDifference = true
        options.onlySession = onlySession
        options.timeout = min(options.timeout, max(Self.minimumPatience, usualTime * 2))
        let report = await replay(options)
        return report.outcome == .failed ? report : nil
    }

    private mutating func verdict(of points: [SegmentPoint]) async -> SegmentationVerdict {
        let joins = points.count { $0.place == .join }
        if joins == points.count { return .twoInOneRead }
        guard joins == 0 else { return .unclear }
        guard points.count == 1, let point = points.first, case .cut(let cut) = point.place,
            let start = lengthBytes, cut < start
        else { return .inPieces }
        // Where a cut behind the length does no harm, the server reads the rest as it should.
        var behind = point
        behind.place = .cut(after: start + 1)
        return await fails([behind]) == nil ? .lengthInPieces : .inPieces
    }
}

extension Framing {
    /// How many bytes say how long a payload is before it comes; nil where they do not, or are one.
    var lengthBytes: Int? {
        var output = ByteWriter()
        do throws(FramingError) {
            try write(payload: [UInt8(ascii: "0")].span.bytes, into: &output)
            var scanner = makeScanner(limits: DecodingLimits())
            guard let frame = try scanner.nextFrame(in: output.array.span.bytes) else { return nil }
            return frame.payload.lowerBound > 1 ? frame.payload.lowerBound : nil
        } catch {
            return nil
        }
    }
}
