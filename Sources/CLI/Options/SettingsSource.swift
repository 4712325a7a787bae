import ArgumentParser
import Server

/// The settings of a server that runs, which may be read again.
struct SettingsSource: Sendable {
    /// The program's arguments, as they were given.
    var arguments: [String]
    var environment: [String: String]
    /// What was in force at the start.
    var start: ServerArguments

    /// The project file that was read at the start; nil: there was none, and nothing is to be read again.
    var file: String? { start.file }

    /// Reads the same project file again; options and the environment count before it as they did at the start.
    func read() throws -> ReloadedSettings {
        let now = try ServerArguments(arguments, environment: environment, file: file)
        let ports: [PortConfiguration]
        do {
            let command = try RootCommand.parseAsRoot(now.arguments) as? any ConfiguredCommand
            ports = try command?.plannedPorts() ?? []
        } catch {
            throw UsageFault("\(file ?? ProjectFile.name): \(RootCommand.message(for: error))")
        }
        return try ReloadedSettings(from: start, to: now, ports: ports)
    }
}
