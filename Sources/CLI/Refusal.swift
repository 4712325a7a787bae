import ArgumentParser
import Codecs
import Recorder

/// Why arguments are refused: a line that says what is wrong and what there is, and one that says where more is told.
struct Refusal {
    let text: String

    /// `command`: the command that was meant; nil for the program itself.
    init(_ message: String, command: String?) {
        let help = command.map { "tapedeck help \($0)" } ?? "tapedeck help"
        text = "tapedeck: \(TerminalText.escaped(message))\n          see: \(help)"
    }

    /// What the parser says of arguments, in our words; nil where it refuses nothing.
    init?(_ error: any Error, arguments: [String]) {
        guard RootCommand.exitCode(for: error) == .validationFailure else { return nil }
        let command = RootCommand.subcommand(named: arguments.first)
        let known = OptionNames(of: command ?? RootCommand.self)
        var message = RootCommand.message(for: error)
        // What an unknown option was meant to give is missed before it is looked at itself.
        if let unknown = known.firstUnknown(in: arguments), !message.hasPrefix("Unknown option") {
            message = "Unknown option '\(unknown)'"
        }
        let help = RootCommand.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Help:  ") }
        let wording = ParserWording(arguments: arguments, options: known, help: help.map { String($0.dropFirst(7)) })
        self.init(wording.plain(message), command: command?._commandName)
    }

    /// A first argument that names no command; nil where it does.
    init?(commandOf arguments: [String]) {
        let place = arguments.first == "help" ? 1 : 0
        guard arguments.count > place, RootCommand.subcommand(named: arguments[place]) == nil else { return nil }
        let word = arguments[place]
        guard !word.hasPrefix("-"), word != "help" else { return nil }
        let others = place == 1 ? HelpTopic.allCases.map(\.rawValue) : ["help"]
        let names = RootCommand.commandNames + others.filter { RootCommand.subcommand(named: $0) == nil }
        if let near = NearMiss.word(near: word, in: names) {
            self.init("there is no command '\(word)': did you mean '\(near)'?", command: nil)
        } else if StandardStreams.front(of: word).isEmpty {
            self.init("there is no command '\(word)'. There are: \(names.joined(separator: ", "))", command: nil)
        } else {
            self.init("'\(word)' is a file, no command: tapedeck show reads it to you", command: "show")
        }
    }
}

/// The names of a command's options, as its help lists them.
struct OptionNames {
    let all: [String]

    init(of command: any ParsableCommand.Type) {
        let lines = RootCommand.helpMessage(for: command, includeHidden: true, columns: 400).split(separator: "\n")
        all = lines.filter { $0.hasPrefix("  -") }.flatMap { line in
            line.split(whereSeparator: { " ,/".contains($0) }).prefix { $0.hasPrefix("-") }.map(String.init)
        }
    }

    /// The first long option among arguments that is none of these.
    func firstUnknown(in arguments: [String]) -> String? {
        for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            // The parser's own, which no help lists.
            if name.hasPrefix("--generate-completion") || name.hasPrefix("--experimental-") { continue }
            if !all.contains(name) { return name }
        }
        return nil
    }

    /// The option that was probably meant.
    func near(_ name: String) -> String? {
        if let near = NearMiss.word(near: name, in: all.filter { $0.hasPrefix("--") }) { return near }
        // `--tls-cert` for `--tls`: what begins alike.
        return all.filter { $0.count > 4 && name.hasPrefix($0 + "-") }.max { $0.count < $1.count }
    }
}
