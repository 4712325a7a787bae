internal import Recorder

/// A load's report for a person, in eighty columns.
package enum LoadText {
    package static func text(_ report: LoadReport) -> String {
        var lines = head(report) + [""] + counts(report) + [""] + latencies(report)
        if !report.failures.isEmpty { lines += [""] + failures(report) }
        lines += [""] + itself(report)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func head(_ report: LoadReport) -> [String] {
        let settings = report.settings
        let paths = report.paths.count == 1 ? TerminalText.escaped(report.paths[0]) : "\(report.paths.count) recordings"
        var lines = ["\(paths) at \(report.targets.joined(separator: ", "))"]
        let how = settings.rate.map { "\(number($0)) requests/s" } ?? "each request when it can be sent"
        lines.append("\(settings.connections.counting("connection")), \(how)")
        let warmUp = settings.warmUp > .zero ? ", after a warm-up of \(time(settings.warmUp.microseconds))" : ""
        lines.append("measured for \(time(report.measured))\(warmUp)")
        lines.append("answers checked: \(words(settings.check))")
        if report.leftOut > 0 {
            lines.append("left out: \(report.leftOut.counting("session")) that the recordings do not have as a whole")
        }
        if report.isInterrupted { lines.append("interrupted: this is what was done so far") }
        return lines
    }

    private static func words(_ check: LoadCheck) -> String {
        switch check {
        case .full: "values, as replay does (full)"
        case .bytes: "byte by byte (bytes)"
        case .none: "only that they come (none)"
        }
    }

    private static func counts(_ report: LoadReport) -> [String] {
        var requests = "\(report.sent) sent, \(report.answered) answered, \(number(report.answerRate))/s"
        if report.unsent > 0 { requests += "; \(report.unsent) due, but not sent" }
        var sessions = "\(report.done) done, \(report.failed) failed"
        if report.cut > 0 { sessions += ", \(report.cut) cut off at the end" }
        let bytes = "\(size(report.bytesSent)) sent, \(size(report.bytesReceived)) received"
        return ["requests   \(requests)", "sessions   \(sessions)", "bytes      \(bytes)"]
    }

    private static func latencies(_ report: LoadReport) -> [String] {
        var lines = [row("latency", ["p50", "p90", "p99", "p99.9", "max"])]
        func add(_ name: String, _ latencies: LoadReport.Latencies) {
            let values = [latencies.p50, latencies.p90, latencies.p99, latencies.p999, latencies.maximum]
            lines.append(row(name, latencies.count == 0 ? values.map { _ in "-" } : values.map(time)))
        }
        if let corrected = report.corrected {
            add("corrected", corrected)
            add("as sent", report.asSent)
            lines.append("corrected is from when a request was due, as sent from when it was sent")
        } else {
            add("as sent", report.asSent)
            lines.append("while the server stalls nothing is sent, so this hides stalls: --rate shows them")
        }
        return lines
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        cells.reduce(name + String(repeating: " ", count: max(11 - name.count, 0))) {
            $0 + String(repeating: " ", count: max(11 - $1.count, 1)) + $1
        }
    }

    private static func failures(_ report: LoadReport) -> [String] {
        report.failures.enumerated().flatMap { index, failures in
            let words = failures.count == 1 ? failures.kind.words.one : failures.kind.words.several
            let first = TerminalText.clipped(TerminalText.escaped(failures.first).utf8, columns: 62)
            return [
                (index == 0 ? "errors     " : "           ") + "\(failures.count) \(words), first:",
                "             \(first)",
            ]
        }
    }

    /// What the figures owe to this program.
    private static func itself(_ report: LoadReport) -> [String] {
        var lines = [
            "tapedeck   used \(number(report.processors)) processors, its busiest thread \(percent(report.busiest))"
        ]
        if let possible = report.possibleRate, !report.isAboutItself {
            lines.append("           it could have sent about \(number(possible))/s")
        }
        if report.isAboutItself {
            lines.append("           it had no time left: these figures are as much about it as the server")
        }
        guard report.settings.rate != nil else { return lines }
        if report.lateness.count > 0 {
            lines.append(
                "           sent late by itself: p99 \(time(report.lateness.p99)), at most \(time(report.lateness.maximum))"
            )
        }
        lines.append("           behind its schedule, for whatever reason: at most \(time(report.behind))")
        return lines
    }

    // MARK: Numbers

    private static func time(_ microseconds: Int64) -> String {
        switch microseconds {
        case ..<1_000: "\(microseconds) µs"
        case ..<1_000_000: "\(number(Double(microseconds) / 1_000)) ms"
        default: "\(number(Double(microseconds) / 1_000_000)) s"
        }
    }

    /// Three digits, or all of those before the point.
    static func number(_ value: Double) -> String {
        let decimals = value < 10 ? 2 : value < 100 ? 1 : 0
        let factor = [1.0, 10, 100][decimals]
        let rounded = Int64(min((value * factor).rounded(), 1e15))
        guard decimals > 0 else { return "\(rounded)" }
        let fraction = String(rounded % Int64(factor))
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return "\(rounded / Int64(factor)).\(zeros)\(fraction)"
    }

    private static func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

    private static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<10_000: "\(bytes) B"
        case ..<10_000_000: "\(number(Double(bytes) / 1_000)) kB"
        case ..<10_000_000_000: "\(number(Double(bytes) / 1_000_000)) MB"
        default: "\(number(Double(bytes) / 1_000_000_000)) GB"
        }
    }
}
