internal import Recorder

/// One recording in the HTML report.
struct HTMLRecording {
    private let result: RecordingResult
    private let index: Int
    private let showsConversations: Bool

    init(_ result: RecordingResult, _ index: Int, showsConversations: Bool) {
        self.result = result
        self.index = index
        self.showsConversations = showsConversations
    }

    /// All of it, folded unless something is wrong.
    var text: String {
        let isOpen = result.isFailure ? " open" : ""
        var output = """
            <details class="recording \(result.status.rawValue)" id="r\(index)"\(isOpen)>
            <summary><span class="badge">\(result.status.title)</span> \
            <h3>\(HTMLText.escaped(result.title))</h3> <span class="facts">\(facts)</span></summary>
            <div class="inside">

            """
        if let last = result.attempts.last { output += attempt(last, "a\(index)") }
        if result.attempts.isEmpty { output += "<p>The run ended before it was begun.</p>\n" }
        for (number, earlier) in result.attempts.dropLast().enumerated().reversed() {
            output += "<details class=\"earlier\"><summary>Attempt \(number + 1): "
            output +=
                "\(HTMLText.escaped(earlier.headline))</summary>\n\(attempt(earlier, "a\(index)n\(number)"))</details>\n"
        }
        return output + "</div>\n</details>\n"
    }

    private var facts: String {
        guard let last = result.attempts.last else { return "" }
        var parts = [last.sessions.counting("session"), last.matched.counting("answer")]
        if last.differenceCount > 0 { parts.append(last.differenceCount.counting("difference")) }
        if result.attempts.count > 1 { parts.append(result.attempts.count.counting("attempt")) }
        parts.append("\(ReportTime.seconds(last.duration)) s")
        return parts.joined(separator: ", ")
    }

    private func attempt(_ attempt: ReplayAttempt, _ id: String) -> String {
        var output = ""
        if let problem = attempt.problem { output += "<p class=\"problem\">\(HTMLText.escaped(problem))</p>\n" }
        if !attempt.notes.isEmpty {
            output += "<ul class=\"notes\">\(attempt.notes.map { "<li>\(HTMLText.escaped($0))</li>" }.joined())</ul>\n"
        }
        output += differences(attempt, id)
        output += conversation(attempt, id)
        output += bindings(attempt)
        if !attempt.serverOutput.isEmpty {
            output += "<h4>What the server printed</h4>\n"
            output += "<pre tabindex=\"0\">\(HTMLText.lines(attempt.serverOutput))</pre>\n"
        }
        return output
    }

    // MARK: Differences

    private func differences(_ attempt: ReplayAttempt, _ id: String) -> String {
        guard !attempt.differences.isEmpty else { return "" }
        var output = "<h4>What differs</h4>\n<ol class=\"differences\">\n"
        for (number, difference) in attempt.differences.enumerated() {
            output += "<li id=\"\(id)d\(number)\">\(self.difference(difference, attempt.sides))</li>\n"
        }
        output += "</ol>\n"
        if attempt.moreDifferences > 0 {
            output += "<p>… and \(attempt.moreDifferences.counting("more difference"))</p>\n"
        }
        if attempt.notReached > 0 { output += "<p>\(attempt.notReached.counting("message")) not reached</p>\n" }
        return output
    }

    private func difference(_ difference: ReportedDifference, _ names: ReportedSides) -> String {
        var place: [String] = []
        if difference.session > 0 { place.append("session \(difference.session)") }
        if difference.line > 0 { place.append("line \(difference.line)") }
        let here = place.isEmpty ? "" : "<span class=\"place\">\(place.joined(separator: ", "))</span> "
        var output = "<p>\(here)\(HTMLText.escaped(difference.what))</p>\n"
        for value in difference.values {
            let rule = RuleText.judging(value.rule).map { " <span class=\"rule\">\(HTMLText.escaped($0))</span>" } ?? ""
            output += "<p class=\"path\"><code>\(HTMLText.escaped(value.path))</code>\(rule)</p>\n"
            output += sides(value.expected, value.actual, names)
        }
        if let actual = difference.actual, difference.kind == "undecodable" {
            // What was recorded stands in the conversation.
            output += "<dl class=\"sides\">\(side("now", names.actual, HTMLText.lines(actual)))</dl>\n"
        } else if difference.expected != nil || difference.actual != nil {
            output += sides(difference.expected, difference.actual, names)
        }
        return output
    }

    /// What was recorded beside what came.
    private func sides(_ expected: String?, _ actual: String?, _ names: ReportedSides) -> String {
        let pair: (String, String)
        if let expected, let actual {
            pair = HTMLText.compared(expected, actual)
        } else {
            pair = (expected.map(HTMLText.lines) ?? nothing, actual.map(HTMLText.lines) ?? nothing)
        }
        let (expectedSide, actualSide) = (
            side("recorded", names.expected, pair.0), side("now", names.actual, pair.1)
        )
        return "<dl class=\"sides\">\(expectedSide)\(actualSide)</dl>\n"
    }

    private func side(_ kind: String, _ name: String, _ text: String) -> String {
        "<div class=\"\(kind)\"><dt>\(HTMLText.escaped(name))</dt><dd>\(text)</dd></div>"
    }

    private var nothing: String { "<i>nothing</i>" }

    // MARK: The conversation

    private func conversation(_ attempt: ReplayAttempt, _ id: String) -> String {
        guard !attempt.conversation.isEmpty else { return "" }
        guard showsConversations else {
            return "<p class=\"omitted\">The conversation is left out: the report would become too large.</p>\n"
        }
        let isOpen = attempt.outcome == .passed ? "" : " open"
        var output = "<details class=\"whole\"\(isOpen)><summary><h4>Conversation</h4></summary>\n"
        output += "<p class=\"legend\">Clients on the left, the server on the right. "
        output += "Times: recorded, and now in this replay.</p>\n<ol class=\"conversation\">\n"
        for entry in attempt.conversation { output += self.entry(entry, attempt.sides, id) }
        return output + "</ol>\n</details>\n"
    }

    private func entry(_ entry: ConversationEntry, _ names: ReportedSides, _ id: String) -> String {
        if entry.kind == .omitted {
            return "<li class=\"omitted\">\(entry.count.counting("event")) left out</li>\n"
        }
        let side = entry.from?.rawValue ?? "event"
        var output = "<li class=\"\(side) \(entry.state.rawValue)\">"
        output += "<span class=\"times\">\(times(entry))</span><div class=\"said\"><span class=\"who\">"
        output += entry.session > 0 ? "#\(entry.session) " : ""
        output += entry.from.map { "\($0.rawValue) " } ?? ""
        if let label = label(entry) {
            let link = entry.difference.map { "<a href=\"#\(id)d\($0)\">\(label)</a>" } ?? label
            output += "<b class=\"state\">\(link)</b>"
        }
        return output + "</span> \(body(entry, names))</div></li>\n"
    }

    private func times(_ entry: ConversationEntry) -> String {
        let recorded = entry.state == .extra ? "" : ReportTime.seconds(entry.recordedAt, decimals: 6)
        let now = entry.at.map { ReportTime.seconds($0, decimals: 6) } ?? ""
        return "<span class=\"recorded\" title=\"recorded\">\(recorded)</span> "
            + "<span class=\"now\" title=\"now\">\(now)</span>"
    }

    private func label(_ entry: ConversationEntry) -> String? {
        switch entry.state {
        case .same: nil
        case .differs: "differs"
        case .missing: "missing"
        case .extra: "not in the recording"
        case .notReached: entry.from == .server ? "not compared" : "not reached"
        }
    }

    private func body(_ entry: ConversationEntry, _ names: ReportedSides) -> String {
        guard entry.kind == .message else { return "<span class=\"event\">\(HTMLText.escaped(entry.text))</span>" }
        switch entry.state {
        case .extra: return sides(nil, entry.actual, names)
        case .missing: return sides(entry.text, nil, names)
        case .differs: if let actual = entry.actual { return sides(entry.text, actual, names) }
        case .same, .notReached: break
        }
        var output = "<code>\(HTMLText.lines(entry.actual ?? entry.text))</code>"
        // What rules and identifiers allow to be another.
        if entry.actual != nil {
            output += "<details class=\"other\"><summary>recorded otherwise</summary>"
            output += "<code>\(HTMLText.lines(entry.text))</code></details>"
        }
        return output
    }

    // MARK: Values that were followed

    private func bindings(_ attempt: ReplayAttempt) -> String {
        guard !attempt.bindings.isEmpty else { return "" }
        let rows = attempt.bindings.map { binding in
            "<tr><td><code>\(HTMLText.escaped(binding.recorded))</code></td>"
                + "<td><code>\(HTMLText.escaped(binding.actual))</code></td>"
                + "<td>\(HTMLText.escaped(binding.journey))</td></tr>\n"
        }
        return
            "<details class=\"bindings\"><summary><h4>Values that were followed (\(attempt.bindings.count))</h4></summary>\n"
            + "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">recorded</th><th scope=\"col\">now</th>"
            + "<th scope=\"col\">whose</th></tr></thead>\n<tbody>\(rows.joined())</tbody></table></div></details>\n"
    }
}
