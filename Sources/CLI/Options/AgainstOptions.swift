import ArgumentParser
import Replay

/// A second server, which is compared with the first.
struct AgainstOptions: ParsableArguments {
    @Option(
        name: .customLong("against"),
        help: ArgumentHelp(
            "Compare a second server B with that of --target or --start, A: what A answers is expected of B, and the recorded answers do not count.",
            valueName: "[PORT=]HOST:PORT"))
    var targets: [String] = []

    @Option(
        name: .customLong("against-start"),
        help: ArgumentHelp(
            "The same with a fresh server B for each recording, started as with --start.", valueName: "command"))
    var command: String?

    /// Whether two servers are compared.
    var isOn: Bool { command != nil || !targets.isEmpty }

    /// The option that was given.
    var name: String { command == nil ? "--against" : "--against-start" }

    func validate() throws {
        if command != nil, !targets.isEmpty {
            throw ValidationError("--against and --against-start exclude each other")
        }
        do throws(UsageFault) {
            for target in targets { _ = try ReplayTargets.parse(target) }
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// The second server; nil where there is none.
    ///
    /// - Parameter start: makes a start of a command.
    func target(_ start: (String) -> ServerStart) throws -> ReplayTarget? {
        if let command { return .start(start(command)) }
        return targets.isEmpty ? nil : try ReplayTargets.target(targets)
    }
}
