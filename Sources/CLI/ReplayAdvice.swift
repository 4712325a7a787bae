import Recorder
import Replay

/// What can be done about the differences of a run, for who has not seen such before.
enum ReplayAdvice {
    /// Nil where nothing is to be said: no value of an answer differs.
    static func text(_ report: Report) -> String? {
        let attempts = report.recordings.filter(\.isFailure).compactMap(\.attempts.last)
        guard let difference = attempts.lazy.flatMap(\.differences).first(where: { !$0.values.isEmpty }),
            let path = difference.values.first.map({ TerminalText.escaped($0.path) })
        else { return nil }
        // As the option of a shell, where that needs no more than its quotes.
        let rule = path.contains("'") ? "--rule" : "--rule '\(path) ignore'"
        return """
            if \(path) differs by itself, as a time does, allow it: \(rule) (see: tapedeck help rules),
                      or have tapedeck learn find such rules; if the new answer is right: --update
            """
    }
}
