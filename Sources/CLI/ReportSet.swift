import ArgumentParser
internal import Glibc
import Recorder
import Replay

/// The reports of a run, and where they go.
struct ReportSet: Sendable {
    private let choices: [ReportChoice]
    private let replacesFiles: Bool

    /// Fails where two would go to stdout, or to one file.
    init(_ choices: [ReportChoice], replacesFiles: Bool) throws(UsageFault) {
        self.choices = choices
        self.replacesFiles = replacesFiles
        try Self.checkFiles(of: choices)
        let alone = choices.filter(\.takesStandardOutput)
        guard let first = alone.first else { return }
        let others = alone.dropFirst() + choices.filter { $0.format == nil }
        if let other = others.first {
            throw UsageFault(
                "--report \(first.text) and --report \(other.text) would both go to stdout: give one of them a file, "
                    + "such as --report \(first.name)=FILE")
        }
    }

    private static func checkFiles(of choices: [ReportChoice]) throws(UsageFault) {
        var taken: [String: String] = [:]
        for choice in choices {
            guard let file = choice.file, !TextFile.isStream(file) else { continue }
            if let other = taken.updateValue(choice.text, forKey: TextFile.place(of: file)) {
                throw UsageFault(
                    "--report \(other) and --report \(choice.text) would both be written to one file: "
                        + "give each its own")
            }
        }
    }

    /// Whether results are printed as they come.
    var usesConsole: Bool { !choices.contains(where: \.takesStandardOutput) }

    /// Whether a replay has to keep the conversation.
    var showsConversations: Bool { choices.contains { $0.format?.showsConversations == true } }

    /// Says before the work what would keep a report from being written.
    ///
    /// - Parameter read: reports that it is made of, none of which may be written over.
    func check(reading read: [String] = []) throws {
        let places = Set(read.map(TextFile.place))
        for choice in choices {
            guard let file = choice.file, places.contains(TextFile.place(of: file)) else { continue }
            throw UsageFault("--report \(choice.text) would be written over a report that is read: name another file")
        }
        for choice in choices { try choice.check(replacesFiles: replacesFiles) }
    }

    /// Writes all of them; one that cannot be written keeps no other from it.
    func write(_ report: Report) throws(ExitCode) {
        var status: ExitCode?
        for choice in choices {
            do {
                try write(report, choice)
            } catch let error as ExitCode {
                status = error
            } catch {
                Terminal.complain(error)
                status = ExitStatus.impossible
            }
        }
        if let status { throw status }
    }

    private func write(_ report: Report, _ choice: ReportChoice) throws {
        guard let format = choice.format else { return }
        let text = format.text(of: report)
        if let file = choice.file { try TextFile.write(text, to: file) } else { try Terminal.write(text) }
        if let appendix = format.appendix(to: report), let path = getenv(appendix.variable), path.pointee != 0 {
            try TextFile.append(appendix.text, to: String(cString: path))
        }
    }
}
