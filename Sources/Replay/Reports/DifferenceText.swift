internal import Codecs
internal import Recorder

/// Writes one difference for a terminal: what it is, the conversation before it, and what was expected and what came.
struct DifferenceText {
    /// Values of one message that are shown; the rest is counted.
    private static let maximumValues = 5

    let styled: TerminalStyle
    let columns: Int
    let isFull: Bool
    let path: String
    /// Two servers are compared, A and B.
    var isComparison = false
    var sides = ReportedSides.replay
    private let conversation: ConversationText

    init(styled: TerminalStyle, columns: Int, isFull: Bool, path: String, ports: [RecordedPort]) {
        self.styled = styled
        self.columns = columns
        self.isFull = isFull
        self.path = path
        var conversation = ConversationText(
            usesColour: styled.usesColour, maximumValueCharacters: isFull ? .max : 400, ports: ports)
        // The lines stand eight columns in.
        if !isFull { conversation.maximumColumns = columns - 8 }
        self.conversation = conversation
    }

    /// All of it.
    func lines(_ difference: Difference) -> [String] {
        [headline(difference)] + difference.context.map { context($0, difference) } + body(difference)
    }

    /// Where and what it is, in a line that stands for all.
    func summary(_ difference: Difference) -> String {
        guard case .value(let values) = difference.kind else { return headline(difference) }
        let words = difference.sentence(ofTwoServers: isComparison) + " at "
        let taken = "      \(Self.place(difference)): ".count + words.count
        return place(difference) + words + paths(values[...], columns: max(columns - taken, 20))
    }

    private func headline(_ difference: Difference) -> String { place(difference) + sentence(difference) }

    private func place(_ difference: Difference) -> String {
        let place = Self.place(difference)
        return place.isEmpty ? "      " : styled("      \(place): ", .bold)
    }

    private static func place(_ difference: Difference) -> String {
        var place = difference.session > 0 ? "session \(difference.session)" : ""
        if difference.line > 0 { place += place.isEmpty ? "line \(difference.line)" : ", line \(difference.line)" }
        return place
    }

    private func sentence(_ difference: Difference) -> String {
        let sentence = difference.sentence(ofTwoServers: isComparison)
        if case .value = difference.kind {
            return sentence
                + " (- \(TerminalText.escaped(sides.expected)), + \(TerminalText.escaped(sides.actual)))"
        }
        return TerminalText.escaped(sentence)
    }

    /// A line of the conversation; what another session's client did is marked.
    private func context(_ event: TranscriptEvent, _ difference: Difference) -> String {
        let isOther = event.session != difference.session
        return (isOther ? "      " + styled("* ", .cyan) : "        ") + conversation.line(event)
    }

    private func body(_ difference: Difference) -> [String] {
        let comparison = comparison(at: difference.line)
        switch difference.kind {
        case .value(let values):
            let shown = isFull ? values.count : Self.maximumValues
            var lines: [String] = []
            for value in values.prefix(shown) {
                let rule = RuleText.judging(value.rule).map { "  " + styled($0, .dim) } ?? ""
                lines.append("      \(styled("✗", .red)) \(styled(TerminalText.escaped(value.path), .bold))\(rule)")
                lines += comparison.lines(value)
            }
            let more = values.dropFirst(shown)
            if !more.isEmpty {
                lines.append("      … and \(more.count) more: " + paths(more, columns: max(columns - 54, 20)))
            }
            return lines
        case .missing(let expected, _): return comparison.only(shown(expected), isExpected: true)
        case .extra(let actual), .undecodable(_, let actual): return comparison.only(shown(actual), isExpected: false)
        case .ending(let expected, let actual):
            return [styled("          - \(expected)", .green), styled("          + \(actual)", .red)]
        case .refused, .died, .session: return []
        }
    }

    private func comparison(at line: Int) -> ValueComparisonText {
        ValueComparisonText(
            styled: styled, columns: max(columns - 12, 20), maximumLines: 14, isFull: isFull,
            place: line > 0 ? "\(TerminalText.escaped(path)):\(line)" : "")
    }

    /// Where the other values stand, as far as a line holds them.
    private func paths(_ values: ArraySlice<ValueDifference>, columns: Int) -> String {
        TerminalText.clipped(Array(values.map(\.path).joined(separator: ", ").utf8), columns: columns)
    }

    /// A message's value as the bytes of a text; of bytes as Python shows them.
    private func shown(_ message: RecordedMessage) -> [UInt8] {
        message.form == .base64 ? Array(conversation.whole(message).utf8) : message.text
    }
}
