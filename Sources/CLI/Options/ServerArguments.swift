import ArgumentParser
internal import Glibc
import Recorder

/// The arguments of `serve`, `record` or `mock`, completed by what the environment and the project file say: an option counts before
/// the environment, that before the file, and that before the default.
struct ServerArguments {
    /// Where a setting comes from.
    enum Source: Equatable, CustomStringConvertible {
        case commandLine
        case environment(String)
        case file(String, line: Int, column: Int)
        case standard

        var description: String {
            switch self {
            case .commandLine: "command line"
            case .environment(let name): "environment: \(name)"
            case .file(let path, let line, let column): "\(path):\(line):\(column)"
            case .standard: "default"
            }
        }
    }

    /// A setting with what is in force.
    struct Entry: Equatable {
        var key: String
        var values: [String]
        var source: Source
    }

    /// All of them, in the order of the list of settings.
    var entries: [Entry] = []
    /// The arguments with what was not on the command line behind them.
    var arguments: [String]
    /// The project file that was read.
    var file: String?
    /// What it has taken out of recordings.
    private(set) var redact: [RedactionRule] = []

    /// The project file, where something that is in force comes from it.
    var usedFile: String? {
        let isUsed = entries.contains { if case .file = $0.source { true } else { false } }
        return isUsed ? file : nil
    }

    /// Completes arguments of the program; those of other commands stay as they are.
    ///
    /// `file`: the project file that counts, whatever others there are; nil: as the arguments and the environment
    /// say, or the nearest.
    init(_ arguments: [String], environment: [String: String], file: String? = nil) throws {
        self.arguments = arguments
        guard let command = Self.command(of: arguments) else { return }
        let options = Array(arguments.dropFirst().prefix { $0 != "--" })
        guard !options.contains("--help"), !options.contains("-h") else { return }
        let recordings = command == .mock ? (try? MockCommand.parse(Array(arguments.dropFirst())))?.paths ?? [] : []
        let project = try file.map { try ProjectFile.read($0) } ?? Self.project(options, recordings, environment)
        let section = project?.section(of: command)
        self.file = project?.path
        redact = project?.redact ?? []
        let settings = ServerSetting.settings(of: command)
        var given = Set(settings.filter { $0.isGiven(in: options) }.map(\.key))
        if !recordings.isEmpty { given.insert("recordings") }
        var added: [String] = []
        for setting in settings {
            var entry = try Self.entry(setting, given, options, section, project, environment)
            if setting.isArgument, entry.source == .commandLine { entry.values = recordings }
            entries.append(entry)
            if entry.source != .commandLine, entry.source != .standard { added += setting.arguments(entry.values) }
        }
        if let project, Self.value(of: "config", in: options) == nil, environment["TAPEDECK_CONFIG"] != nil {
            added.append("--config=\(project.path)")
        }
        self.arguments.insert(contentsOf: added, at: 1 + options.count)
    }

    private static func command(of arguments: [String]) -> ServerSetting.Commands? {
        ServerSetting.Commands.names.first { $0.name == arguments.first }?.command
    }

    private static func project(
        _ options: [String], _ recordings: [String], _ environment: [String: String]
    ) throws -> ProjectFile? {
        if let path = value(of: "config", in: options) ?? environment["TAPEDECK_CONFIG"] {
            return try ProjectFile.read(path)
        }
        // What is not there is told of by who opens it.
        if let first = (try? RecordingSearch.recordings(in: recordings))?.first {
            return try ProjectFile.nearest(toRecording: first)
        }
        return try ProjectFile.nearest(from: ".")
    }

    /// What is in force of a setting.
    private static func entry(
        _ setting: ServerSetting, _ given: Set<String>, _ options: [String], _ section: ServerSection?,
        _ project: ProjectFile?, _ environment: [String: String]
    ) throws -> Entry {
        if given.contains(setting.key) {
            let values = setting.kind == .flag ? ["true"] : setting.values(in: options)
            return Entry(key: setting.key, values: values, source: .commandLine)
        }
        let standard = Entry(key: setting.key, values: [setting.standard], source: .standard)
        guard given.isDisjoint(with: setting.rivals) else { return standard }
        if let text = environment[setting.variable] {
            return Entry(
                key: setting.key, values: try setting.values(ofVariable: text), source: .environment(setting.variable))
        }
        guard let found = section?.entries.first(where: { $0.key == setting.key }) else { return standard }
        // A rival in the environment counts before this.
        let variables = setting.rivals.compactMap { key in ServerSetting.all.first { $0.key == key }?.variable }
        guard !variables.contains(where: { environment[$0] != nil }) else { return standard }
        let values = setting.kind == .flag ? [found.isOn ? "true" : "false"] : found.values
        return Entry(
            key: setting.key, values: values,
            source: .file(project?.path ?? ProjectFile.name, line: found.line, column: found.column))
    }

    /// The value of an option among arguments; of several the last.
    static func value(of key: String, in options: [String]) -> String? {
        ServerSetting(key: key, standard: "") { _ in nil }.values(in: options).last
    }

    /// The variables of this process that may hold settings.
    static func environment() -> [String: String] {
        let prefix = "TAPEDECK_"
        var variables: [String: String] = [:]
        var place = environ
        while let text = place.pointee {
            defer { place += 1 }
            guard strncmp(text, prefix, prefix.utf8.count) == 0 else { continue }
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }
}

extension ServerSetting {
    /// Its values as arguments.
    func arguments(_ values: [String]) -> [String] {
        // An argument that began with a dash would be taken for an option.
        if isArgument { return values.map { $0.hasPrefix("-") ? "./" + $0 : $0 } }
        if kind == .flag { return values == ["true"] ? ["--\(key)"] : [] }
        return values.map { "--\(key)=\($0)" }
    }

    /// Whether the option stands among the arguments.
    func isGiven(in options: [String]) -> Bool {
        options.contains { argument in
            argument == "--\(key)" || argument.hasPrefix("--\(key)=") || letter.map { Self.has($0, argument) } ?? false
        }
    }

    private static func has(_ letter: Character, _ argument: String) -> Bool {
        argument.hasPrefix("-\(letter)")
    }

    /// The texts that the option has among the arguments.
    func values(in options: [String]) -> [String] {
        var values: [String] = []
        for (place, argument) in options.enumerated() {
            if argument.hasPrefix("--\(key)=") {
                values.append(String(argument.dropFirst(key.count + 3)))
            } else if argument == "--\(key)" || letter.map({ argument == "-\($0)" }) == true {
                if place + 1 < options.count { values.append(options[place + 1]) }
            } else if let letter, argument.hasPrefix("-\(letter)") {
                values.append(String(argument.dropFirst(argument.hasPrefix("-\(letter)=") ? 3 : 2)))
            }
        }
        return values
    }

    /// What a variable of the environment says; of a list, a line each.
    func values(ofVariable text: String) throws(UsageFault) -> [String] {
        switch kind {
        case .flag:
            switch text.lowercased() {
            case "1", "true", "yes", "on": return ["true"]
            case "", "0", "false", "no", "off": return ["false"]
            default: throw UsageFault("\(variable)=\(text): it is true or false")
            }
        case .text, .list:
            let values = kind == .list ? text.split(separator: "\n").map(String.init) : [text]
            for value in values {
                if let fault = fault(value) { throw UsageFault("\(variable): \(fault)") }
            }
            return values
        }
    }
}
