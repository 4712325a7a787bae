internal import Recorder

/// The narrowest rules for texts that differ from run to run.
struct TextLesson {
    /// One rule for them.
    struct Proposal: Hashable {
        var key: RuleParser.Key
        /// The pattern; nil for a rule that needs none.
        var pattern: String?
        var reason: String
    }

    /// Masks for one path; more would be a list of cases, not a rule.
    private static let maximumMasks = 4
    private static let maximumShapes = 4
    /// Examples in a reason.
    private static let maximumExamples = 3
    /// The longest text around a token that a mask is tied to.
    private static let maximumContext = 24

    /// For each place the recorded text and those of the runs.
    private let places: [[String]]

    /// Places beyond so many are left to the replay with the rules.
    private static let maximumPlaces = 300

    init(_ places: [[String]]) { self.places = Array(places.prefix(Self.maximumPlaces)) }

    /// The rules that together allow all the texts.
    var proposals: [Proposal] {
        let all = places.flatMap { $0 }
        if let shape = TokenShape.whole(all) {
            return [Proposal(key: .regex, pattern: shape.pattern, reason: shape.name + examples { [$0] })]
        }
        if let masks = masks() { return masks }
        return words() ?? [Proposal(key: .type, pattern: nil, reason: "a text without a shape" + examples { [$0] })]
    }

    // MARK: Tokens of a known shape

    /// The narrowest shapes whose matches are all that differs.
    private func masks() -> [Proposal]? {
        let shapes = TokenShape.all.filter { shape in places.contains { !changed(shape, in: $0).isEmpty } }
        // By the widest shape that is among them: three narrow ones are better than a wide one.
        let choices = (1..<1 << shapes.count).filter { $0.nonzeroBitCount <= Self.maximumShapes }
        for choice in choices {
            let chosen = shapes.indices.filter { choice & 1 << $0 != 0 }.map { shapes[$0] }
            guard isEnough(chosen.map(\.compiled)) else { continue }
            let tied = chosen.flatMap { shape in self.tied(shape).map { (pattern: $0, shape: shape) } }
            let isNarrow = tied.count <= Self.maximumMasks && isEnough(tied.map { try? Pattern($0.pattern) })
            return (isNarrow ? tied : chosen.map { (pattern: $0.pattern, shape: $0) }).map { pattern, shape in
                Proposal(
                    key: .mask, pattern: pattern,
                    reason: shape.name + examples { TextMatches(try? Pattern(pattern), $0).tokens })
            }
        }
        return nil
    }

    /// `: 10:20:31, 10:20:33`
    private func examples(_ tokens: (String) -> [String]) -> String {
        var found: [String] = []
        for text in places.flatMap({ $0 }) {
            for token in tokens(text) where !found.contains(token) && found.count < Self.maximumExamples {
                found.append(token.unicodeScalars.count > 60 ? String(token.unicodeScalars.prefix(60)) + "…" : token)
            }
        }
        return ": " + found.joined(separator: ", ")
    }

    private func isEnough(_ patterns: [Pattern?]) -> Bool {
        places.allSatisfy { texts in
            let rests = texts.map { TextMatches.rest(of: $0, without: patterns) }
            return rests.dropFirst().allSatisfy { $0 == rests.first }
        }
    }

    /// Which matches of a shape are not the same in all texts of a place; none where there are not as many in each.
    private func changed(_ shape: TokenShape, in texts: [String]) -> [Int] {
        let tokens = texts.map { TextMatches(shape.compiled, $0).tokens }
        guard let first = tokens.first, tokens.allSatisfy({ $0.count == first.count }) else { return [] }
        return first.indices.filter { index in tokens.contains { $0[index] != first[index] } }
    }

    /// A shape's pattern; where it also matches what stays the same, tied to the text in front of what changes.
    private func tied(_ shape: TokenShape) -> [String] {
        var contexts: [String] = []
        var isTied = false
        for texts in places {
            let matches = texts.map { TextMatches(shape.compiled, $0) }
            let changed = changed(shape, in: texts)
            guard let first = matches.first else { continue }
            if changed.count < first.ranges.count { isTied = true }
            for index in changed {
                let context = Self.context(first.before(index))
                guard !context.isEmpty else { return [shape.pattern] }
                if !contexts.contains(context) { contexts.append(context) }
            }
        }
        guard isTied, !contexts.isEmpty else { return [shape.pattern] }
        return contexts.map { "(?<=\(Self.quoted($0)))\(shape.pattern)" }
    }

    /// The end of a text, from the beginning of a word.
    private static func context(_ text: String) -> String {
        var context = text.suffix(maximumContext)
        if context.count < text.count { context = context.drop { $0 != " " } }
        return String(context)
    }

    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { quoted, scalar in
            if "\\^$.|?*+()[]{}-#".unicodeScalars.contains(scalar) { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
    }

    // MARK: Words

    /// Words that change between words that do not, each tied to the text in front of it.
    private func words() -> [Proposal]? {
        var masks: [String] = []
        let word = try? Pattern(#"\S+"#)
        for texts in places {
            let words = texts.map { TextMatches(word, $0) }
            guard let first = words.first, first.ranges.count > 1,
                words.allSatisfy({ $0.ranges.count == first.ranges.count })
            else { return nil }
            let tokens = words.map(\.tokens)
            let changed = first.ranges.indices.filter { index in tokens.contains { $0[index] != tokens[0][index] } }
            guard changed.count < first.ranges.count else { return nil }
            for index in changed {
                let start = index > 0 ? first.ranges[index - 1].lowerBound : 0
                let before = String(decoding: first.bytes[start..<first.ranges[index].lowerBound], as: UTF8.self)
                // A word behind one that changes as well has nothing to be tied to.
                guard index == 0 || !changed.contains(index - 1), before.count <= Self.maximumContext else {
                    return nil
                }
                let mask = index == 0 ? #"^\S+"# : "(?<=\(Self.quoted(before)))\\S+"
                if !masks.contains(mask) { masks.append(mask) }
            }
        }
        guard masks.count <= Self.maximumMasks, isEnough(masks.map { try? Pattern($0) }) else { return nil }
        return masks.map { mask in
            Proposal(
                key: .mask, pattern: mask,
                reason: "a word" + examples { text in TextMatches(try? Pattern(mask), text).tokens })
        }
    }
}
