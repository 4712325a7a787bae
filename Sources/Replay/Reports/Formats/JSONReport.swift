internal import Recorder

/// The report as data, for programs and for `merge-reports`. `Documentation/report.schema.json` describes it.
package enum JSONReport: ReportFormat {
    /// The version of the form.
    package static let version = 1

    package static let name = "json"
    package static let purpose = "all of it as data (Documentation/report.schema.json)"
    package static let showsConversations = true
    package static let opening = #"{"tapedeckReport":"#

    package static func text(of report: Report) -> String {
        var output = JSONOutput()
        output.object { output in
            output.member("tapedeckReport", version)
            output.member("tool", report.tool)
            output.member("started", report.started)
            output.member("duration", seconds: report.duration)
            output.member("status", report.status.rawValue)
            if !report.shards.isEmpty {
                output.key("shards")
                output.list(report.shards) { $1.string($0.description) }
            }
            output.key("counts")
            output.object { output in
                for status in RecordingResult.Status.allCases {
                    output.member(status.key, report.count(status))
                }
            }
            output.key("recordings")
            output.list(report.recordings, inLines: true) { recording($0, &$1) }
            output.key("rules")
            output.list(report.rules) { rule, output in
                output.object { output in
                    output.member("rule", rule.text)
                    output.member("origin", rule.origin)
                    output.key("used")
                    output.bool(rule.isUsed)
                }
            }
        }
        return output.text() + "\n"
    }

    private static func recording(_ result: RecordingResult, _ output: inout JSONOutput) {
        output.object { output in
            output.member("path", result.path)
            if let repetition = result.repetition { output.member("repetition", repetition) }
            output.member("status", result.status.rawValue)
            output.key("attempts")
            output.list(result.attempts) { attempt($0, &$1) }
        }
    }

    private static func attempt(_ attempt: ReplayAttempt, _ output: inout JSONOutput) {
        output.object { output in
            output.member("outcome", attempt.outcome.rawValue)
            output.member("problem", attempt.problem)
            output.member("duration", seconds: attempt.duration)
            output.member("sessions", attempt.sessions)
            output.member("sent", attempt.sent)
            output.member("matched", attempt.matched)
            output.member("notReached", attempt.notReached)
            output.key("notes")
            output.list(attempt.notes) { $1.string($0) }
            if attempt.sides != .replay {
                output.key("sides")
                output.object { output in
                    output.member("expected", attempt.sides.expected)
                    output.member("actual", attempt.sides.actual)
                }
            }
            output.key("differences")
            output.list(attempt.differences) { difference($0, &$1) }
            output.member("moreDifferences", attempt.moreDifferences)
            output.key("bindings")
            output.list(attempt.bindings) { binding, output in
                output.object { output in
                    output.member("recorded", binding.recorded)
                    output.member("actual", binding.actual)
                    output.member("journey", binding.journey)
                }
            }
            output.member("serverOutput", attempt.serverOutput)
            output.member("text", attempt.text)
            output.key("conversation")
            output.list(attempt.conversation) { entry($0, &$1) }
        }
    }

    private static func difference(_ difference: ReportedDifference, _ output: inout JSONOutput) {
        output.object { output in
            output.member("kind", difference.kind)
            output.member("session", difference.session)
            output.member("line", difference.line)
            output.member("recordedAt", seconds: difference.recordedAt)
            output.member("at", seconds: difference.at)
            output.member("what", difference.what)
            output.key("values")
            output.list(difference.values) { value, output in
                output.object { output in
                    output.member("path", value.path)
                    output.member("expected", value.expected)
                    output.member("actual", value.actual)
                    output.member("rule", value.rule)
                }
            }
            output.member("expected", difference.expected)
            output.member("actual", difference.actual)
        }
    }

    private static func entry(_ entry: ConversationEntry, _ output: inout JSONOutput) {
        output.object { output in
            output.member("kind", entry.kind.rawValue)
            output.member("state", entry.state.rawValue)
            output.member("from", entry.from?.rawValue)
            output.member("session", entry.session)
            output.member("line", entry.line)
            output.member("recordedAt", seconds: entry.recordedAt)
            output.member("at", seconds: entry.at)
            output.member("text", entry.text)
            output.member("actual", entry.actual)
            if let difference = entry.difference { output.member("difference", difference) }
            if entry.kind == .omitted { output.member("count", entry.count) }
        }
    }
}

extension RecordingResult.Status {
    fileprivate var key: StaticString {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .flaky: "flaky"
        case .impossible: "impossible"
        case .updated: "updated"
        case .notRun: "notRun"
        }
    }
}
