/// A load's report as data. Times are in seconds.
package enum LoadJSON {
    /// The version of the form.
    package static let version = 1

    package static func text(_ report: LoadReport, tool: String) -> String {
        var output = JSONOutput()
        output.object { output in
            output.member("tapedeckLoad", version)
            output.member("tool", tool)
            output.key("recordings")
            output.list(report.paths) { $1.string($0) }
            output.key("targets")
            output.list(report.targets) { $1.string($0) }
            output.member("connections", report.settings.connections)
            if let rate = report.settings.rate { output.member("rate", number: rate) }
            output.member("check", report.settings.check.rawValue)
            output.member("warmUp", seconds: report.settings.warmUp.microseconds)
            output.member("measured", seconds: report.measured)
            output.key("interrupted")
            output.bool(report.isInterrupted)
            counts(report, &output)
            output.key("latency")
            output.object { output in
                if let corrected = report.corrected { latencies("corrected", corrected, &output) }
                latencies("asSent", report.asSent, &output)
            }
            failures(report, &output)
            itself(report, &output)
        }
        return output.text() + "\n"
    }

    private static func counts(_ report: LoadReport, _ output: inout JSONOutput) {
        output.key("requests")
        output.object { output in
            output.member("sent", report.sent)
            output.member("answered", report.answered)
            output.member("notSent", report.unsent)
            output.member("unanswered", report.unanswered)
            output.member("answersPerSecond", number: report.answerRate)
        }
        output.key("sessions")
        output.object { output in
            output.member("done", report.done)
            output.member("failed", report.failed)
            output.member("cut", report.cut)
            output.member("leftOut", report.leftOut)
        }
        output.key("bytes")
        output.object { output in
            output.member("sent", report.bytesSent)
            output.member("received", report.bytesReceived)
        }
    }

    private static func latencies(
        _ name: StaticString, _ latencies: LoadReport.Latencies, _ output: inout JSONOutput
    ) {
        output.key(name)
        output.object { output in
            output.member("count", latencies.count)
            output.member("min", seconds: latencies.minimum)
            output.member("mean", seconds: latencies.mean)
            output.member("p50", seconds: latencies.p50)
            output.member("p90", seconds: latencies.p90)
            output.member("p99", seconds: latencies.p99)
            output.member("p99.9", seconds: latencies.p999)
            output.member("max", seconds: latencies.maximum)
        }
    }

    private static func failures(_ report: LoadReport, _ output: inout JSONOutput) {
        output.key("errors")
        output.list(report.failures) { failures, output in
            output.object { output in
                output.member("kind", failures.kind.rawValue)
                output.member("count", failures.count)
                output.member("first", failures.first)
            }
        }
    }

    private static func itself(_ report: LoadReport, _ output: inout JSONOutput) {
        output.key("tapedeck")
        output.object { output in
            output.member("processors", number: report.processors)
            output.member("busiestThread", number: report.busiest)
            if let possible = report.possibleRate { output.member("possibleRate", number: possible) }
            latencies("lateness", report.lateness, &output)
            output.member("behind", seconds: report.behind)
        }
    }
}

extension JSONOutput {
    /// A number with three decimals.
    fileprivate mutating func member(_ name: StaticString, number: Double) {
        key(name)
        // As many as of a time that is a thousand times as long in microseconds.
        seconds(Int64(min(max(number, 0), 1e12) * 1_000_000))
    }
}
