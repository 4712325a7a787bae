internal import Codecs
internal import Recorder

/// The rules that observations ask for, and what they do not allow.
struct Lessons {
    /// Examples in a reason.
    private static let maximumExamples = 3

    private(set) var rules: [LearnedRule] = []
    /// Places that differ from the recording, and are alike in all runs.
    private(set) var regressions: [Observations.Place] = []
    /// Places that differ between runs, and that no rule can name.
    private(set) var unnameable: [Observations.Place] = []

    private let observations: Observations
    private let limits: DecodingLimits

    /// A path of one port's answers, and what was seen there in several of them.
    private struct Group {
        var paths: [RulePath] = []
        var places: [(place: Observations.Place, seen: Observations.Seen)] = []
    }

    private struct Key: Hashable {
        var port: Int
        var path: RulePath
    }

    init(_ observations: Observations, runs: Int, limits: DecodingLimits) {
        self.observations = observations
        self.limits = limits
        var left = observations.order
        let shuffled = findShuffled(&left, runs: runs)
        let lifted = findChangingContainers(&left)
        var groups: [Key: Group] = [:]
        var order: [Key] = []
        func add(_ path: RulePath, _ place: Observations.Place, _ seen: Observations.Seen) {
            let key = Key(port: seen.port, path: path.generalised)
            if groups[key] == nil { order.append(key) }
            groups[key, default: Group()].paths.append(path)
            groups[key]?.places.append((place, seen))
        }
        let changing = Self.valuesThatChange(left.compactMap { observations.places[$0] })
        for place in left {
            guard let seen = observations.places[place] else { continue }
            let values = seen.path.flatMap { changing[Key(port: seen.port, path: $0.generalised)] } ?? []
            if !seen.changes, !values.isSuperset(of: seen.samples) {
                regressions.append(place)
            } else if let path = seen.path {
                add(path, place, seen)
            } else {
                unnameable.append(place)
            }
        }
        for (key, found) in shuffled {
            rules.append(rule(found, key.port, [(.unordered, .flag(true))], "the order changes"))
        }
        for (key, reason) in lifted { rules.append(rule([key.path], key.port, [(.type, .flag(true))], reason)) }
        for key in order {
            guard let group = groups[key] else { continue }
            rules += self.rules(for: group, port: key.port)
        }
        var seen: Set<RuleItem> = []
        rules = rules.filter { $0.rule != nil && seen.insert($0.item).inserted }
    }

    /// For each path what is known to come up there by itself: a value of few that is the same in all runs by chance is none
    /// of a regression.
    private static func valuesThatChange(_ places: [Observations.Seen]) -> [Key: Set<SampleValue>] {
        places.reduce(into: [:]) { values, seen in
            guard seen.changes, let path = seen.path else { return }
            values[Key(port: seen.port, path: path.generalised), default: []].formUnion(seen.samples)
        }
    }

    // MARK: Lists and maps as a whole

    /// Lists that are shuffled; what differs inside them is explained by that, but for members that differ themselves.
    private func findShuffled(_ left: inout [Observations.Place], runs: Int) -> [(Key, [RulePath])] {
        var found: [(key: Key, paths: [RulePath])] = []
        let lines = left.reduce(into: [Observations.Answer]()) { lines, place in
            let line = Observations.Answer(recording: place.recording, line: place.line)
            if lines.last != line, !lines.contains(line) { lines.append(line) }
        }
        for line in lines {
            guard let (port, lists) = lists(in: line) else { continue }
            var settled: [RulePath] = []
            for place in left where place.recording == line.recording && place.line == line.line {
                guard let path = observations.places[place]?.path else { continue }
                for count in path.steps.indices where !settled.contains(where: { path.isInside($0) }) {
                    guard case .index = path.steps[count].selector,
                        let list = lists.list(at: RulePath(steps: Array(path.steps[..<count])), runs: runs)
                    else { continue }
                    settled.append(list.path)
                    let key = Key(port: port, path: list.path.generalised)
                    if let index = found.firstIndex(where: { $0.key == key }) {
                        if !found[index].paths.contains(list.path) { found[index].paths.append(list.path) }
                    } else {
                        found.append((key, [list.path]))
                    }
                    left.removeAll { other in
                        guard other.recording == line.recording, other.line == line.line,
                            let inside = observations.places[other]?.path, inside.isInside(list.path)
                        else { return false }
                        return !list.members.contains { inside == $0 || inside.isInside($0) || $0.matches(inside) }
                    }
                }
            }
        }
        return found.map { ($0.key, $0.paths) }
    }

    /// The lists in the answers of a line.
    private func lists(in line: Observations.Answer) -> (port: Int, ShuffledLists)? {
        guard let answers = observations.answers[line], let port = answers.values.first?.port,
            let codec = observations.codecs[line.recording]?[port],
            let lists = ShuffledLists(answers.sorted { $0.key < $1.key }.map(\.value), codec: codec, limits: limits)
        else { return nil }
        return (port, lists)
    }

    /// Lists whose length changes and maps whose keys do: a rule for an element would be one for a place, not for a value.
    private func findChangingContainers(_ left: inout [Observations.Place]) -> [(Key, String)] {
        var found: [(Key, String)] = []
        func lift(
            _ path: RulePath, _ port: Int, _ place: Observations.Place, _ reason: String, elements: Bool = false
        ) {
            let any = RulePath.Step(selector: .any, descends: false)
            let key = Key(port: port, path: elements ? RulePath(steps: path.steps + [any]) : path)
            if !found.contains(where: { $0.0 == key }) { found.append((key, reason)) }
            left.removeAll { other in
                guard other.recording == place.recording, other.line == place.line else { return false }
                return observations.places[other]?.path?.isInside(path) == true
            }
        }
        for place in left {
            guard left.contains(place), let seen = observations.places[place], let path = seen.path,
                !path.steps.isEmpty,
                seen.samples.contains(.missing)
            else { continue }
            if path.endsInElement {
                guard seen.changes else { continue }
                // Elements that differ are paired by what they have in common, and may seem to come and go.
                let line = Observations.Answer(recording: place.recording, line: place.line)
                let isOfOneShape = lists(in: line)?.1.isOfOneShape(at: path.outer) == true
                let reason = isOfOneShape ? "elements change" : "elements come and go"
                lift(path.outer, seen.port, place, reason, elements: isOfOneShape)
                continue
            }
            // A key that one run alone has, and others that other runs alone have.
            let siblings = left.filter { other in
                other.recording == place.recording && other.line == place.line
                    && observations.places[other]?.path.map { !$0.steps.isEmpty && $0.outer == path.outer } == true
            }
            let single = siblings.filter { other in
                let samples = observations.places[other]?.samples ?? []
                return samples.count > 2 && samples.count { $0 != .missing } == 1
            }
            if single.count > 2 { lift(path.outer, seen.port, place, "keys are others each time") }
        }
        return found
    }

    // MARK: Values

    private func rules(for group: Group, port: Int) -> [LearnedRule] {
        let samples = group.places.map(\.seen.samples)
        let kinds = samples.map { Set($0.map(\.kind)) }
        func all(_ kind: String) -> Bool { kinds.allSatisfy { $0 == [kind] } }
        if kinds.contains(where: { $0.contains("missing") }) {
            return [rule(group.paths, port, [(.ignore, .flag(true))], "comes and goes" + examples(samples))]
        }
        if kinds.allSatisfy({ $0.isSubset(of: ["integer", "float"]) }) {
            let proposal = NumberLesson(samples).proposal
            return [rule(group.paths, port, Self.members(of: proposal.text), proposal.reason + examples(samples))]
        }
        if all("text"), !group.places.contains(where: { $0.seen.isRaw && isBinary($0.place) }) {
            let texts = samples.map { $0.map(\.shown) }
            return TextLesson(texts).proposals.map { proposal in
                let value = proposal.pattern.map { RuleItem.Scalar.text($0) } ?? .flag(true)
                return rule(group.paths, port, [(proposal.key, value)], proposal.reason)
            }
        }
        if group.places.allSatisfy({ $0.seen.isRaw }), let bytes = changingBytes(group) { return [rule(bytes, port)] }
        if kinds.contains(where: { $0.count > 1 }) {
            return [rule(group.paths, port, [(.ignore, .flag(true))], "of another kind each time" + examples(samples))]
        }
        return [rule(group.paths, port, [(.type, .flag(true))], "another value each time" + examples(samples))]
    }

    private static func members(of text: String) -> [(RuleParser.Key, RuleItem.Scalar)] {
        switch text {
        case "type": [(.type, .flag(true))]
        case "type numeric": [(.type, .flag(true)), (.numeric, .flag(true))]
        default:
            (text.hasPrefix("numeric") ? [(.numeric, .flag(true))] : [])
                + [(.tolerance, .text(text.split(separator: " ").last.map(String.init) ?? ""))]
        }
    }

    private func isBinary(_ place: Observations.Place) -> Bool {
        let answers = observations.answers[Observations.Answer(recording: place.recording, line: place.line)] ?? [:]
        return answers.values.contains {
            $0.expected.form == .base64 || !$0.payload.withUnsafeBytes { JSONString.isPrintable($0) }
        }
    }

    /// The bytes of raw payloads that change, in words of four: a number's other bytes will change as well.
    private func changingBytes(_ group: Group) -> (path: String, reason: String)? {
        var changed = Set<Int>()
        var count: Int?
        for (place, _) in group.places {
            for answer in (observations.answers[.init(recording: place.recording, line: place.line)] ?? [:]).values {
                guard let codec = observations.codecs[place.recording]?[answer.port],
                    let expected = try? answer.expected.payload(
                        codec: codec, settings: codec.payload.defaultSettings, limits: limits),
                    expected.count == answer.payload.count
                else { return nil }
                changed.formUnion(zip(expected, answer.payload).enumerated().filter { $1.0 != $1.1 }.map(\.offset))
                count = min(count ?? expected.count, expected.count)
            }
        }
        guard let first = changed.min(), let last = changed.max(), let count else { return nil }
        let (start, end) = (first / 4 * 4, min((last / 4 + 1) * 4, max(count, last + 1)))
        guard end - start <= max(16, count / 2) else { return nil }
        return ("bytes[\(start):\(end)]", "bytes \(first) to \(last) change")
    }

    private func rule(_ bytes: (path: String, reason: String), _ port: Int) -> LearnedRule {
        LearnedRule(
            path: bytes.path, port: observations.hasSeveralPorts ? port : nil, kind: [(.ignore, .flag(true))],
            reason: bytes.reason)
    }

    /// A rule for the places of a group; elements' numbers are left open where there are several.
    private func rule(
        _ paths: [RulePath], _ port: Int, _ kind: [(RuleParser.Key, RuleItem.Scalar)], _ reason: String
    ) -> LearnedRule {
        let first = paths.first ?? RulePath(steps: [])
        let steps = first.steps.indices.map { index in
            var step = first.steps[index]
            if paths.contains(where: { $0.steps[index] != step }) { step.selector = .any }
            return step
        }
        return LearnedRule(
            path: RulePath(steps: steps).text, port: observations.hasSeveralPorts ? port : nil, kind: kind,
            reason: reason)
    }

    /// `: 10:20:31, 10:20:33, …`
    private func examples(_ samples: [[SampleValue]]) -> String {
        var shown: [String] = []
        for sample in samples.first ?? [] where shown.count < Self.maximumExamples {
            let text = TerminalText.escaped(String(sample.shown.unicodeScalars.prefix(60)))
            if !shown.contains(text) { shown.append(text) }
        }
        return ": " + shown.joined(separator: ", ")
    }
}

extension RulePath {
    /// Whether another path, without steps that are left open, is one of those that this one names.
    func matches(_ other: RulePath) -> Bool {
        steps.count == other.steps.count && zip(steps, other.steps).allSatisfy { $0.selector == .any || $0 == $1 }
    }
}
