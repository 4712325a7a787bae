import ArgumentParser
import Recorder
import Server

/// `ACTION[@WHEN]`: what is done wrong with answers, and with which.
enum FaultOption {
    private static let actions =
        "drop, duplicate, corrupt, delay:TIME or delay:TIME-TIME, truncate:BYTES, close and reset"

    static func parse(_ text: String) throws(UsageFault) -> FaultRule {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return FaultRule(
            action: try action(parts[0], in: text),
            condition: parts.count > 1 ? try condition(parts[1], in: text) : .always, text: text)
    }

    /// A delay of every answer: `50ms`, `10ms-50ms`.
    static func delay(_ text: String) throws(UsageFault) -> FaultRule {
        FaultRule(action: try action("delay:" + text, in: text), condition: .always, text: "delay:" + text)
    }

    private static func action(_ text: String, in whole: String) throws(UsageFault) -> FaultRule.Action {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("drop", nil): return .drop
        case ("duplicate", nil): return .duplicate
        case ("corrupt", nil): return .corrupt
        case ("close", nil): return .close
        case ("reset", nil): return .reset
        case ("truncate", let bytes?):
            guard let count = ByteCount(argument: bytes) else {
                throw UsageFault("fault \"\(whole)\": \"\(bytes)\" is no number of bytes, such as truncate:10")
            }
            return .truncate(bytes: count.bytes)
        case ("delay", let times?):
            let times = times.split(separator: "-", omittingEmptySubsequences: false)
                .map { TimeSpan(argument: String($0)) }
            guard (1...2).contains(times.count), let least = times[0], let most = times[times.count - 1],
                least.duration <= most.duration
            else { throw UsageFault("\"\(whole)\": a delay is a time or two, the shorter first: 50ms or 10ms-50ms") }
            return .delay(least: least.duration, most: most.duration)
        default: throw UsageFault("fault \"\(whole)\": there are \(actions)")
        }
    }

    private static func condition(_ text: String, in whole: String) throws(UsageFault) -> FaultRule.Condition {
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) {
            return .chance(millionths: Int((percent * 10_000).rounded()))
        }
        if let number = Int(text), number > 0 { return .number(number) }
        if text.count > 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            return .text(String(text.dropFirst().dropLast()))
        }
        if text.hasPrefix("$"), let equals = text.firstIndex(of: "=") {
            return .value(try path(String(text[..<equals])), String(text[text.index(after: equals)...]))
        }
        throw UsageFault(
            "fault \"\(whole)\": behind @ stands how often (10%), which answer of a session (3), "
                + "what it says ($.path=value), or a text in it (\"text\")")
    }

    private static func path(_ text: String) throws(UsageFault) -> RulePath {
        let path: RulePath
        do throws(RuleError) {
            path = try RulePath(text)
        } catch {
            throw UsageFault(error.description)
        }
        guard path.bytes == nil, path.steps.allSatisfy({ !$0.descends && $0.selector != .any }) else {
            throw UsageFault("the path \"\(text)\" of a fault names one value: it has no .. and no *")
        }
        return path
    }
}
