import ArgumentParser
import Codecs
import Recorder

/// Which part of a conversation is meant.
struct SelectionOptions: ParsableArguments {
    @Option(
        name: .customLong("session"),
        help: ArgumentHelp("Only these sessions: 3, 3-7, 3- or 1,4-6; may be repeated.", valueName: "numbers"),
        transform: NumberRanges.parse)
    var sessions: [NumberRanges] = []

    @Option(
        name: .customLong("port"),
        help: ArgumentHelp(
            "Only sessions with this listened port; of a capture, also what is spoken there, such as 12000:pickle; may be repeated.",
            valueName: "port[:codec]"),
        transform: ImportPortOption.parse)
    var portOptions: [ImportPortOption] = []

    /// The ports that are meant.
    var ports: [Int] { portOptions.map(\.port) }

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Only messages of this side: client or server.", valueName: "side"))
    var side: Side?

    @Option(
        name: .customShort("g"),
        help: ArgumentHelp(
            "Only events whose text this regular expression (PCRE2) matches, with the open of their session.",
            valueName: "pattern"),
        transform: PatternArgument.parse)
    var pattern: Pattern?

    /// Whether not all is meant.
    var isNarrow: Bool { !options.isEmpty }

    /// The options as they could be given.
    var options: [String] {
        var options = sessions.map { "--session \($0.text)" } + ports.map { "--port \($0)" }
        if let side { options.append("--from \(side)") }
        if let pattern { options.append("-g '\(pattern.text)'") }
        return options
    }

    /// What is meant of a conversation that begins with this header.
    func selection(_ header: RecordingHeader) -> EventSelection { EventSelection(self, header: header) }
}

/// Numbers from 1, as ranges: `3`, `3-7`, `3-`, several of them with commas.
struct NumberRanges: Equatable {
    let text: String
    let ranges: [ClosedRange<Int>]

    static func parse(_ text: String) throws(UsageFault) -> NumberRanges {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let first = number(ends[0])
            let last = ends.count == 1 ? first : ends[1].isEmpty ? Int.max : number(ends[1])
            guard let first, let last, first <= last else {
                throw UsageFault(
                    "\"\(text)\" names no sessions: they are numbers from 1 and ranges of them, such as 3, 3-7, 3- or 1,4-6"
                )
            }
            ranges.append(first...last)
        }
        return NumberRanges(text: text, ranges: ranges)
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ 48...57 ~= $0 }), let number = Int(text), number > 0 else { return nil }
        return number
    }
}

/// A regular expression on the command line.
enum PatternArgument {
    static func parse(_ text: String) throws(UsageFault) -> Pattern {
        do throws(PatternError) {
            return try Pattern(text)
        } catch {
            throw UsageFault("\"\(text)\" is no regular expression: \(error)")
        }
    }
}

extension Side: ExpressibleByArgument {}
