import ArgumentParser
import Server

/// What is done wrong with answers, to try clients.
struct FaultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Wait so long before each answer, or a time by chance from 10ms-50ms.", valueName: "time"),
        transform: OptionText.valid(FaultOption.delay))
    var delay: FaultRule?

    @Option(
        name: .customLong("fault"),
        help: ArgumentHelp(
            "Do something wrong with answers, to try clients; may be repeated.", valueName: "what[@when]"),
        transform: OptionText.valid(FaultOption.parse))
    var faults: [FaultRule] = []

    @Option(
        name: .customLong("fault-seed"),
        help: ArgumentHelp("Another number gives other faults by chance (default: 0).", valueName: "number"))
    var seed: UInt64?

    /// Makes them those of a port that says nothing else itself.
    func apply(to settings: inout PortSettings) {
        settings.delay = delay
        settings.faults = faults
        settings.faultSeed = seed
    }
}
