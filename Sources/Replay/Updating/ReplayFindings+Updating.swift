internal import Recorder

extension ReplayFindings {
    /// Why the recording cannot be made to say what the server says now; nil where it can.
    package var reasonAgainstUpdate: String? {
        if moreDifferences > 0 { return "there are more than \(differences.count) differences" }
        if notReached > 0 { return "\(notReached.counting("message")) not reached" }
        // What is not the answers' own doing: ends, refusals, what does not decode, what secrets stand in the way of.
        let others = differences.first { difference in
            switch difference.kind {
            case .value, .missing, .extra: false
            case .undecodable, .ending, .refused, .died, .session: true
            }
        }
        if let others { return text(others) }
        guard amendedDifferences >= differences.count, let amendments, !amendments.isEmpty else {
            return differences.first.map(text) ?? "nothing differs"
        }
        return nil
    }

    /// Why it is not known what the server answers to all that is asked; nil where it is.
    var reasonAgainstAnswers: String? {
        guard !differences.isEmpty || moreDifferences > 0 else { return nil }
        // What came first says more than what was not reached because of it.
        if notReached > 0, let end = differences.first(where: \.isEndOfConnection) { return text(end) }
        return reasonAgainstUpdate
    }

    private func text(_ difference: Difference) -> String {
        var place: [String] = []
        if difference.session > 0 { place.append("session \(difference.session)") }
        if difference.line > 0 { place.append("line \(difference.line)") }
        return (place.isEmpty ? "" : place.joined(separator: ", ") + ": ") + difference.kind.sentence
    }
}
