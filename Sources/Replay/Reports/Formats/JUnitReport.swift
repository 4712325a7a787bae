internal import Recorder

/// JUnit XML, as Jenkins, GitLab and most CI systems read it: a suite for each folder, a case for each recording.
package enum JUnitReport: ReportFormat {
    package static let name = "junit"
    package static let purpose = "JUnit XML, for Jenkins, GitLab and others"
    package static let opening = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tapedeck replay\""

    package static func text(of report: Report) -> String {
        var output = opening + counts(report.recordings) + time(report.duration) + ">\n"
        for (folder, results) in folders(report.recordings) {
            output += "  <testsuite name=\"\(XMLText.attribute(folder))\""
            output += counts(results) + " skipped=\"\(results.count { $0.status == .notRun })\""
            output += time(results.reduce(0) { $0 + $1.duration })
            output += " timestamp=\"\(XMLText.attribute(timestamp(report.started)))\">\n"
            for result in results { output += testCase(result, folder) }
            output += "  </testsuite>\n"
        }
        return output + "</testsuites>\n"
    }

    /// The recordings of each folder, in the order in which the folders come first.
    private static func folders(_ results: [RecordingResult]) -> [(String, [RecordingResult])] {
        var places: [String: Int] = [:]
        var folders: [(String, [RecordingResult])] = []
        for result in results {
            let folder = result.path.lastIndex(of: "/").map { String(result.path[..<$0]) } ?? "."
            if let place = places[folder] {
                folders[place].1.append(result)
            } else {
                places[folder] = folders.count
                folders.append((folder, [result]))
            }
        }
        return folders
    }

    private static func counts(_ results: [RecordingResult]) -> String {
        let failures = results.count { $0.status == .failed }
        let errors = results.count { $0.status == .impossible }
        return " tests=\"\(results.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    }

    private static func time(_ duration: Int64) -> String { " time=\"\(ReportTime.seconds(duration))\"" }

    /// ISO 8601 without parts of a second and zone, which is what readers take.
    private static func timestamp(_ started: String) -> String { String(started.prefix { $0 != "." && $0 != "Z" }) }

    private static func testCase(_ result: RecordingResult, _ folder: String) -> String {
        let name = result.title.dropFirst(result.path.lastIndex(of: "/").map { result.path[...$0].count } ?? 0)
        var output = "    <testcase name=\"\(XMLText.attribute(String(name)))\""
        output += " classname=\"\(XMLText.attribute(folder))\" time=\"\(ReportTime.seconds(result.duration))\""
        let inside = elements(result)
        return output + (inside.isEmpty ? "/>\n" : ">\n\(inside)    </testcase>\n")
    }

    private static func elements(_ result: RecordingResult) -> String {
        guard let last = result.attempts.last else { return "      <skipped message=\"not run\"/>\n" }
        var output = ""
        switch result.status {
        case .passed, .updated, .notRun: break
        case .flaky:
            for attempt in result.attempts.dropLast() { output += again("flaky", attempt) }
        case .failed, .impossible:
            output += failure(last)
            for attempt in result.attempts.dropLast() { output += again("rerun", attempt) }
        }
        if !last.serverOutput.isEmpty {
            output += "      <system-out>\(XMLText.text(last.serverOutput))</system-out>\n"
        }
        return output
    }

    private static func failure(_ attempt: ReplayAttempt) -> String {
        let element = attempt.outcome == .impossible ? "error" : "failure"
        return "      <\(element) \(attributes(attempt))>\(XMLText.text(attempt.text))</\(element)>\n"
    }

    /// An attempt that was followed by others, as Surefire tells of them.
    private static func again(_ prefix: String, _ attempt: ReplayAttempt) -> String {
        let element = prefix + (attempt.outcome == .impossible ? "Error" : "Failure")
        return "      <\(element) \(attributes(attempt))>"
            + "<stackTrace>\(XMLText.text(attempt.text))</stackTrace></\(element)>\n"
    }

    private static func attributes(_ attempt: ReplayAttempt) -> String {
        let type = attempt.outcome == .impossible ? "impossible" : attempt.differences.first?.kind ?? "difference"
        return "message=\"\(XMLText.attribute(attempt.headline))\" type=\"\(XMLText.attribute(type))\""
    }
}

/// Texts as XML has them. What XML forbids, and what moves or hides text, stands there as an escape: `\u0000`.
enum XMLText {
    /// Text between tags; its lines stay.
    static func text(_ text: String) -> String {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line in
            escaped(TerminalText.escaped(line))
        }.joined(separator: "\n")
    }

    /// The value of an attribute in double quotes.
    static func attribute(_ text: String) -> String { escaped(TerminalText.escaped(text)) }

    private static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
