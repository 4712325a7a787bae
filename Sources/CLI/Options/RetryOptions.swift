import ArgumentParser

/// How often recordings are replayed, and when it is enough.
struct RetryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Replay what fails again, up to so many times; what passes then is flaky (default: 0).", valueName: "count"),
        transform: OptionText.valid(RetryOptions.retries))
    var retries: Int?

    @Flag(name: .customLong("fail-on-flaky"), help: "What is flaky is a failure: end with status 1.")
    var failsOnFlaky = false

    @Option(
        name: .customLong("repeat-each"),
        help: ArgumentHelp("Replay each recording so many times (default: 1).", valueName: "count"),
        transform: OptionText.valid(RetryOptions.count(of: "repetitions", 1...10_000)))
    var repetitions: Int?

    @Option(
        name: .customLong("max-failures"),
        help: ArgumentHelp(
            "Begin nothing more once so many recordings have failed; what is under way is finished.", valueName: "count"
        ),
        transform: OptionText.valid(RetryOptions.failures))
    var maximumFailures: Int?

    @Flag(name: .customShort("x"), help: "Begin nothing more after the first failure: --max-failures 1.")
    var stopsAtFailure = false

    /// How many failures are enough; nil where none are.
    var enoughFailures: Int? { stopsAtFailure ? 1 : maximumFailures }

    func validate() throws {
        if stopsAtFailure, maximumFailures != nil {
            throw ValidationError("-x is --max-failures 1: give one of them")
        }
    }

    static let retries = count(of: "retries", 0...100)
    static let failures = count(of: "failures", 1...1_000_000)

    private static func count(
        of what: String, _ range: ClosedRange<Int>
    ) -> @Sendable (String) throws(UsageFault) -> Int {
        { (text) throws(UsageFault) in
            guard let count = Int(text), range.contains(count) else {
                throw UsageFault(
                    "\"\(text)\" is no number of \(what): it is from \(range.lowerBound) to \(range.upperBound)")
            }
            return count
        }
    }
}
