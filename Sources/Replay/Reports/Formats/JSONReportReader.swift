internal import Codecs
internal import Recorder

/// Reads reports that `JSONReport` has written, for those of shards to be put together.
package enum JSONReportReader {
    /// Why a text is no report.
    package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The longest report that is read, in bytes.
    package static let maximumBytes = 1 << 30

    /// Reads one.
    package static func report(_ text: [UInt8]) throws(Fault) -> Report {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = maximumBytes
        let tree = ValueTree()
        do throws(PayloadError) {
            try JSONFormat().decode(text.span.bytes, into: tree, limits: .recordedText(within: limits))
        } catch {
            throw Fault(description: "is no JSON: byte \(error.offset): \(error.reason)")
        }
        guard let version = tree.root["tapedeckReport"]?.int else {
            throw Fault(
                description: "is no report of tapedeck: it lacks \"tapedeckReport\"; --report json=FILE makes one")
        }
        guard version == JSONReport.version else {
            throw Fault(
                description: "has report format \(version); this build reads \(JSONReport.version): "
                    + "let one version of tapedeck make and merge them")
        }
        return try ReportFields(tree.root, "the report").report()
    }
}

/// The members of an object of a report, with what is wrong with them.
private struct ReportFields {
    private let value: Value
    private let place: String

    init(_ value: Value, _ place: String) {
        self.value = value
        self.place = place
    }

    private typealias Fault = JSONReportReader.Fault

    private func fault(_ key: String) -> Fault { Fault(description: "\(place): \"\(key)\" is missing or wrong") }

    private func text(_ key: String) throws(Fault) -> String {
        guard let text = value[key]?.string else { throw fault(key) }
        return text
    }

    private func number(_ key: String) throws(Fault) -> Int {
        guard let number = value[key]?.int.flatMap({ Int(exactly: $0) }), (0...1 << 53).contains(number) else {
            throw fault(key)
        }
        return number
    }

    private func time(_ key: String) throws(Fault) -> Int64 {
        guard let time = value[key]?.double.flatMap(ReportTime.microseconds) else { throw fault(key) }
        return time
    }

    private func choice<Choice: RawRepresentable<String>>(_ key: String, _: Choice.Type) throws(Fault) -> Choice {
        guard let choice = Choice(rawValue: try text(key)) else { throw fault(key) }
        return choice
    }

    /// The elements of a list, each read in its place.
    private func list<Element>(
        _ key: String, _ read: (ReportFields) throws(Fault) -> Element
    ) throws(Fault) -> [Element] {
        guard let list = value[key], list.kind == .list else { throw fault(key) }
        var elements: [Element] = []
        elements.reserveCapacity(list.childCount)
        for child in list.children {
            elements.append(try read(ReportFields(child, "\(place), \(key) \(elements.count + 1)")))
        }
        return elements
    }

    private func own() throws(Fault) -> String {
        guard let text = value.string else { throw Fault(description: "\(place) is no text") }
        return text
    }

    // MARK: What a report is made of

    func report() throws(JSONReportReader.Fault) -> Report {
        var report = Report(tool: try text("tool"), started: try text("started"))
        report.duration = try time("duration")
        report.isInterrupted = try choice("status", Report.Status.self) == .interrupted
        if value["shards"] != nil { report.shards = try list("shards") { (one) throws(Fault) in try one.shard() } }
        report.recordings = try list("recordings") { (one) throws(Fault) in try one.recording() }
        report.rules = try list("rules") { (one) throws(Fault) in
            guard let isUsed = one.value["used"]?.bool else { throw one.fault("used") }
            return RuleUse(text: try one.text("rule"), origin: try one.text("origin"), isUsed: isUsed)
        }
        return report
    }

    private func shard() throws(Fault) -> Shard {
        let parts = try own().split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], let shard = Shard(number, of: count) else {
            throw Fault(description: "\(place) is no shard")
        }
        return shard
    }

    private func recording() throws(Fault) -> RecordingResult {
        var result = RecordingResult(
            path: try text("path"), repetition: value["repetition"] == nil ? nil : try number("repetition"),
            status: try choice("status", RecordingResult.Status.self))
        result.attempts = try list("attempts") { (one) throws(Fault) in try one.attempt() }
        return result
    }

    private func attempt() throws(Fault) -> ReplayAttempt {
        var attempt = ReplayAttempt(outcome: try choice("outcome", ReplayAttempt.Outcome.self))
        attempt.problem = value["problem"]?.string
        attempt.duration = try time("duration")
        attempt.sessions = try number("sessions")
        attempt.sent = try number("sent")
        attempt.matched = try number("matched")
        attempt.notReached = try number("notReached")
        attempt.notes = try list("notes") { (one) throws(Fault) in try one.own() }
        if let sides = value["sides"] {
            let fields = ReportFields(sides, "\(place), sides")
            attempt.sides = ReportedSides(expected: try fields.text("expected"), actual: try fields.text("actual"))
        }
        attempt.differences = try list("differences") { (one) throws(Fault) in try one.difference() }
        attempt.moreDifferences = try number("moreDifferences")
        attempt.bindings = try list("bindings") { (one) throws(Fault) in
            ReportedBinding(
                recorded: try one.text("recorded"), actual: try one.text("actual"), journey: try one.text("journey"))
        }
        attempt.serverOutput = try text("serverOutput")
        attempt.text = try text("text")
        let differences = attempt.differences.count
        attempt.conversation = try list("conversation") { (one) throws(Fault) in
            try one.entry(differences: differences)
        }
        return attempt
    }

    private func difference() throws(Fault) -> ReportedDifference {
        var difference = ReportedDifference(kind: try text("kind"), what: try text("what"))
        difference.session = try number("session")
        difference.line = try number("line")
        difference.recordedAt = try time("recordedAt")
        difference.at = value["at"] == nil ? nil : try time("at")
        difference.values = try list("values") { (one) throws(Fault) in
            ValueDifference(
                path: try one.text("path"), expected: one.value["expected"]?.string,
                actual: one.value["actual"]?.string, rule: try one.text("rule"))
        }
        difference.expected = value["expected"]?.string
        difference.actual = value["actual"]?.string
        return difference
    }

    private func entry(differences: Int) throws(Fault) -> ConversationEntry {
        var entry = ConversationEntry(kind: try choice("kind", ConversationEntry.Kind.self), text: try text("text"))
        entry.state = try choice("state", ConversationEntry.State.self)
        entry.from = value["from"] == nil ? nil : try choice("from", Side.self)
        entry.session = try number("session")
        entry.line = try number("line")
        entry.recordedAt = try time("recordedAt")
        entry.at = value["at"] == nil ? nil : try time("at")
        entry.actual = value["actual"]?.string
        if value["difference"] != nil {
            let index = try number("difference")
            guard index < differences else { throw fault("difference") }
            entry.difference = index
        }
        entry.count = entry.kind == .omitted ? try number("count") : 0
        return entry
    }
}
