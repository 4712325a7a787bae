import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("Help")
struct HelpTests {
    private static let names = [""] + RootCommand.commandNames

    private func help(_ name: String) -> String {
        RootCommand.helpMessage(for: RootCommand.subcommand(named: name) ?? RootCommand.self, columns: 80)
    }

    /// The lines of a command's help that come from its own text, as they were written.
    private func written(_ name: String) -> [String] {
        let command = RootCommand.subcommand(named: name) ?? RootCommand.self
        return command.configuration.discussion.split(separator: "\n").map(String.init)
    }

    @Test(
        "of a command has no line of more than 80 columns, and none is broken but where it was written so",
        arguments: names)
    func width(name: String) {
        let lines = help(name).split(separator: "\n").map(String.init)
        for line in lines { #expect(line.count <= 80, "\(line)") }
        let all = Set(lines)
        for line in written(name) { #expect(all.contains(line), "\(name): broken: \(line)") }
    }

    @Test("of a command is as it was last looked at", arguments: names)
    func golden(name: String) throws {
        let file = "CLITests/Fixtures/help/\(name.isEmpty ? "tapedeck" : name).txt"
        let kept = (try? Fixtures.bytes(file)).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            kept == help(name) + "\n",
            "if it is meant so: COLUMNS=80 .build/debug/tapedeck \(name) --help > Tests/\(file)")
    }

    @Test("of a command that does something shows how it is used", arguments: RootCommand.commandNames)
    func examples(name: String) {
        // What has no options needs no example.
        if name == "codecs" { return }
        let examples = ShellExample.all(in: written(name)).filter { $0.words.contains(name) }
        #expect(!examples.isEmpty, "\(name)")
    }

    @Test("has examples whose arguments are right", arguments: names)
    func rightExamples(name: String) {
        for example in ShellExample.all(in: written(name)) { check(example) }
    }

    @Test(
        "of a topic fits 80 columns, has examples whose arguments are right, and is listed",
        arguments: HelpTopic.allCases)
    func topic(_ topic: HelpTopic) {
        let lines = topic.text.split(separator: "\n").map(String.init)
        for line in lines { #expect(line.count < 80, "\(line)") }
        let examples = ShellExample.all(in: lines)
        #expect(!examples.isEmpty)
        for example in examples { check(example) }
        #expect(help("").contains("  tapedeck help \(topic.rawValue) "))
    }

    @Test("in README has commands whose arguments are right")
    func readme() throws {
        let page = String(decoding: try Fixtures.bytes("../README.md"), as: UTF8.self)
        let lines = page.split(separator: "\n").map { line in
            line.hasPrefix("$ tapedeck ") ? "  " + line.dropFirst(2) : String(line)
        }
        let examples = ShellExample.all(in: lines)
        #expect(examples.count > 20)
        for example in examples { check(example) }
    }

    private func check(_ example: ShellExample) {
        do {
            _ = try RootCommand.parseAsRoot(example.words)
        } catch {
            // That it looked for a file says that all else is right.
            let message = RootCommand.message(for: error)
            #expect(message.contains("No such file or directory"), "\(example.line): \(message)")
        }
    }
}

/// A line of a help's text that a shell runs, as the arguments that tapedeck gets.
struct ShellExample {
    var line: String
    var words: [String]

    /// Those among lines of text: a `\` at the end goes on in the next line.
    static func all(in lines: [String]) -> [ShellExample] {
        var joined: [String] = []
        for line in lines {
            if let last = joined.last, last.hasSuffix("\\") {
                joined[joined.count - 1] = String(last.dropLast()) + String(line.drop { $0 == " " })
            } else {
                joined.append(line)
            }
        }
        return joined.compactMap(example)
    }

    private static func example(_ line: String) -> ShellExample? {
        // Prose is not set in.
        guard line.hasPrefix("  "), let start = line.firstRange(of: "tapedeck ") else { return nil }
        let before = line[..<start.lowerBound]
        guard [nil, "|"].contains(before.last { $0 != " " }) else { return nil }
        let words = words(of: line[start.upperBound...])
        // `tapedeck help TOPIC` is no command of the parser's.
        return words.first == "help" ? nil : ShellExample(line: line, words: words)
    }

    /// The words up to what the shell itself takes, with single quotes taken off; a comment stands behind two spaces.
    private static func words(of text: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var hasQuotes = false
        var spaces = 0
        for character in text + " " {
            switch character {
            case "'":
                isQuoted.toggle()
                hasQuotes = true
            case " " where !isQuoted:
                spaces += 1
                if spaces == 3 { return words }
                guard !word.isEmpty || hasQuotes else { continue }
                if ["|", "<", ">", "||", "&&"].contains(word), !hasQuotes { return words }
                words.append(word)
                (word, hasQuotes) = ("", false)
                continue
            default: word.append(character)
            }
            spaces = 0
        }
        return words
    }
}
