internal import Histogram

/// What a load has shown, as data.
package struct LoadReport: Sendable {
    /// How long things took, in microseconds.
    package struct Latencies: Sendable, Hashable {
        package var count = 0
        package var minimum: Int64 = 0
        package var mean: Int64 = 0
        package var p50: Int64 = 0
        package var p90: Int64 = 0
        package var p99: Int64 = 0
        package var p999: Int64 = 0
        package var maximum: Int64 = 0

        init(_ histogram: Histogram<UInt64>) {
            count = Int(histogram.totalCount)
            guard count > 0 else { return }
            minimum = Int64(histogram.min)
            mean = Int64(histogram.mean.rounded())
            // What is told of a group of values is its largest: none may be larger than what was measured.
            let largest = histogram.maxRecorded
            func value(_ percentile: Double) -> Int64 {
                Int64(Swift.min(histogram.valueAtPercentile(percentile), largest))
            }
            (p50, p90, p99, p999, maximum) = (value(50), value(90), value(99), value(99.9), Int64(largest))
        }
    }

    /// Failures of a kind.
    package struct Failures: Sendable, Hashable {
        package var kind: LoadFailure.Kind
        package var count: Int
        package var first: String
    }

    package var settings: LoadSettings
    package var paths: [String] = []
    package var targets: [String] = []
    /// Microseconds that were measured.
    package var measured: Int64
    package var sent: Int
    package var answered: Int
    package var bytesSent: Int
    package var bytesReceived: Int
    package var done: Int
    package var cut: Int
    package var unsent: Int
    package var unanswered: Int
    package var failures: [Failures]
    /// From when requests were due; nil without a rate.
    package var corrected: Latencies?
    /// From when they were sent.
    package var asSent: Latencies
    /// How late this program itself sent.
    package var lateness: Latencies
    /// How far behind its schedule it was, for whatever reason.
    package var behind: Int64
    /// Processors that this program used, on average.
    package var processors = 0.0
    /// What its busiest event loop used of one.
    package var busiest = 0.0
    /// Recorded sessions that were not done.
    package var leftOut = 0
    package var isInterrupted = false

    init(_ settings: LoadSettings, _ tally: LoadTally, measured: Int64) {
        self.settings = settings
        self.measured = measured
        (sent, answered, unsent, unanswered) = (tally.sent, tally.answered, tally.unsent, tally.unanswered)
        (bytesSent, bytesReceived) = (tally.bytesSent, tally.bytesReceived)
        (done, cut) = (tally.done, tally.cut)
        failures = LoadFailure.Kind.allCases.compactMap { kind in
            tally.failures[kind].map { Failures(kind: kind, count: $0.count, first: $0.first) }
        }
        corrected = settings.rate == nil ? nil : Latencies(tally.corrected)
        asSent = Latencies(tally.asSent)
        lateness = Latencies(tally.lateness)
        behind = tally.maximumBehind
    }

    /// Sessions that failed.
    package var failed: Int { failures.reduce(0) { $0 + $1.count } }

    /// Requests a second that were sent.
    package var sentRate: Double { measured > 0 ? Double(sent) / (Double(measured) / 1_000_000) : 0 }

    /// Answers a second.
    package var answerRate: Double { measured > 0 ? Double(answered) / (Double(measured) / 1_000_000) : 0 }

    /// Requests a second that this program could have sent, at what each cost it; nil where too little was measured to tell.
    package var possibleRate: Double? { busiest > 0.001 && sent >= 100 ? sentRate / busiest : nil }

    /// Whether the figures are as much about this program as about the server.
    package var isAboutItself: Bool { busiest > 0.8 }
}
