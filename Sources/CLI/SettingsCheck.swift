import ArgumentParser
import Recorder
import Server

/// A command whose settings may also come from a project file or the environment.
protocol ConfiguredCommand: AsyncParsableCommand {
    var settings: SettingsOptions { get }
    var serving: ServingOptions { get }
    /// Runs it with its settings, which may be read again while it does.
    func run(_ settings: SettingsSource) async throws
    /// The ports that it will listen on; what will be started first counts as started.
    func plannedPorts() throws -> [PortConfiguration]
}

/// `--check-config`: what would be in force, and from where.
enum SettingsCheck {
    /// Prints each setting with its source, and reads the files that the ports and the rules need.
    static func run(_ command: any ConfiguredCommand, _ given: ServerArguments) async throws {
        let ports = try command.plannedPorts()
        try Terminal.write(table(given))
        do {
            try command.serving.redaction.checkFiles()
            let server = try TCPServer(
                configuration: ServerConfiguration(ports: RecordedReplies.opened(ports), threads: 1),
                observer: Console(isQuiet: true, colour: .never))
            await server.stop()
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    /// The settings in columns.
    static func table(_ given: ServerArguments) -> String {
        let rows = given.entries.flatMap { entry in
            (entry.values.isEmpty ? [""] : entry.values).enumerated().map { place, value in
                (place == 0 ? entry.key : "", value, "\(entry.source)")
            }
        }
        let widths = (rows.map(\.0.count).max() ?? 0, min(rows.map(\.1.count).max() ?? 0, 48))
        let lines = rows.map { key, value, source in
            padded(key, widths.0) + "  " + padded(TerminalText.escaped(value), widths.1) + "  " + source + "\n"
        }
        return lines.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }
}
