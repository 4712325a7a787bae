internal import Codecs
internal import Recorder

/// What several runs of recordings showed to differ.
struct Observations {
    /// A place in a recorded answer.
    struct Place: Hashable {
        var recording: Int
        var line: Int
        var path: String
    }

    /// An answer of a recording.
    struct Answer: Hashable {
        var recording: Int
        var line: Int
    }

    /// What was seen at a place.
    struct Seen {
        var port: Int
        /// Nil where no rule can name it.
        var path: RulePath?
        /// The recorded value's text in the run that showed it first: with the identifiers of that run.
        var recorded: String?
        /// The text of each run that differs, with the same identifiers.
        var values: [Int: String?] = [:]
        /// Runs of which it is known that the value was as recorded.
        var equalRuns: Set<Int> = []
        var isRaw = false
    }

    private(set) var places: [Place: Seen] = [:]
    /// The places in the order in which they were found.
    private(set) var order: [Place] = []
    private(set) var answers: [Answer: [Int: DifferingAnswer]] = [:]
    private(set) var codecs: [Int: [Int: Codec]] = [:]

    /// Whether rules have to say for which port they are.
    var hasSeveralPorts: Bool { Set(codecs.values.flatMap(\.keys)).count > 1 }

    /// Takes what a run of a recording found.
    ///
    /// - Returns: whether there was anything at a place that was not known yet, or a value that was not.
    mutating func take(_ report: RecordingReport, recording: Int, run: Int) {
        for port in report.ports {
            guard let number = port.number, let codec = try? CodecRegistry.codec(named: port.codec) else { continue }
            codecs[recording, default: [:]][number] = codec
        }
        for answer in report.findings.differingAnswers {
            answers[Answer(recording: recording, line: answer.line), default: [:]][run] = answer
            let isRaw = codecs[recording]?[answer.port].map { !$0.payload.isStructured } ?? false
            for difference in answer.differences {
                let place = Place(recording: recording, line: answer.line, path: difference.path)
                if places[place] == nil {
                    places[place] = Seen(
                        port: answer.port, path: try? RulePath(difference.path), recorded: difference.expected,
                        isRaw: isRaw)
                    order.append(place)
                }
                let present = difference.actual.map {
                    Relabelling.text($0, from: difference.expected ?? "", to: places[place]?.recorded ?? "")
                }
                places[place]?.values[run] = .some(present)
            }
        }
    }

    /// Ends a round of runs: where a place was first seen in it and not in all of them, the others had what was recorded.
    mutating func endRound(of recording: Int, runs: Range<Int>) {
        for place in order where place.recording == recording {
            guard let seen = places[place], seen.values.keys.allSatisfy({ $0 >= runs.lowerBound }) else { continue }
            places[place]?.equalRuns = Set(runs).subtracting(seen.values.keys)
        }
    }
}

extension Observations.Seen {
    /// The recorded value, then that of each run in order.
    var samples: [SampleValue] {
        let runs = Set(values.keys).union(equalRuns).sorted()
        return [sample(recorded)] + runs.map { run in sample(values[run].map { $0 } ?? recorded) }
    }

    /// Whether runs differ from each other.
    var changes: Bool { Set(samples.dropFirst()).count > 1 }

    private func sample(_ text: String?) -> SampleValue { SampleValue(text) }
}

/// Puts the identifiers of one run in the place of another's.
enum Relabelling {
    /// The text with every word by which `from` differs from `to` replaced.
    static func text(_ text: String, from: String, to: String) -> String {
        guard from != to else { return text }
        let (ours, theirs) = (words(from), words(to))
        guard ours.count == theirs.count else { return text }
        var labels: [Substring: Substring] = [:]
        for (one, other) in zip(ours, theirs) where one != other { labels[one] = other }
        return words(text).reduce(into: "") { $0 += labels[$1] ?? $1 }
    }

    /// Runs of letters and digits, and what stands between them.
    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var rest = text[...]
        while let first = rest.unicodeScalars.first {
            let isWord = first.properties.isAlphabetic || ("0"..."9").contains(first)
            let word = rest.prefix {
                $0.unicodeScalars.first.map { ($0.properties.isAlphabetic || ("0"..."9").contains($0)) == isWord }
                    ?? false
            }
            guard !word.isEmpty else { break }
            words.append(word)
            rest = rest.dropFirst(word.count)
        }
        return words
    }
}
