import ArgumentParser
internal import Glibc
import Recorder
import Replay

/// Which reports are made, and where they go.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            """
            Make a report: console (what is printed), \
            \(ReportFormats.all.map { "\($0.name) (\($0.purpose))" }.joined(separator: ", ")). Without FILE, or with -, it \
            goes to stdout. May be repeated.
            """, valueName: "format[=file]"),
        transform: OptionText.valid(ReportChoice.parse))
    var reports: [ReportChoice] = []

    @Flag(
        name: .customLong("force"),
        help: "Write reports over files that are there; an earlier report of the same format is replaced in any case.")
    var replacesFiles = false

    func validate() throws {
        let alone = reports.filter(\.takesStandardOutput)
        if alone.count > 1 {
            throw ValidationError(
                "\(alone.map { "--report \($0.text)" }.joined(separator: " and ")) would both go to stdout: "
                    + "give one of them a file, such as --report \(alone[1].name)=FILE")
        }
        if let alone = alone.first, reports.contains(where: { $0.format == nil }) {
            throw ValidationError(
                "--report console and --report \(alone.text) would both go to stdout: "
                    + "give --report \(alone.name)=FILE")
        }
    }

    /// Whether results are printed as they come.
    var usesConsole: Bool { !reports.contains(where: \.takesStandardOutput) }

    /// Whether a replay has to keep the conversation.
    var showsConversations: Bool { reports.contains { $0.format?.showsConversations == true } }

    /// Says before the work what would keep a report from being written.
    func check() throws {
        for report in reports { try report.check(replacesFiles: replacesFiles) }
    }

    /// Writes all of them.
    func write(_ report: Report) throws {
        for choice in reports {
            guard let format = choice.format else { continue }
            let text = format.text(of: report)
            if let file = choice.file { try TextFile.write(text, to: file) } else { try Terminal.write(text) }
            if let appendix = format.appendix(to: report), let path = getenv(appendix.variable), path.pointee != 0 {
                try TextFile.append(appendix.text, to: String(cString: path))
            }
        }
    }
}

/// A report that is asked for: `junit=report.xml`.
struct ReportChoice: Sendable {
    /// As it was given.
    let text: String
    /// Nil for what is printed as it comes.
    let format: (any ReportFormat.Type)?
    /// Nil for stdout.
    let file: String?

    var name: String { format?.name ?? "console" }

    /// Whether nothing else can be written to stdout.
    var takesStandardOutput: Bool {
        guard let format, file == nil else { return false }
        if case .shared = format.standardOutput { return false }
        return true
    }

    static func parse(_ text: String) throws(UsageFault) -> ReportChoice {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let file = parts.count > 1 ? parts[1] : nil
        if parts[0] == "console" {
            guard file == nil else {
                throw UsageFault("\"\(text)\": console is what is printed: write it to a file with > FILE")
            }
            return ReportChoice(text: text, format: nil, file: nil)
        }
        guard let format = ReportFormats.named(parts[0]) else {
            let names = ["console"] + ReportFormats.all.map { $0.name }
            throw UsageFault("\"\(parts[0])\" is no format of a report: there are \(names.joined(separator: ", "))")
        }
        if file == "" { throw UsageFault("\"\(text)\" lacks the file: it is \(format.name)=FILE, or =- for stdout") }
        if file == nil, case .whenAsked = format.standardOutput {
            throw UsageFault("\"\(text)\" needs a file: \(format.name)=FILE, or \(format.name)=- for stdout")
        }
        return ReportChoice(text: text, format: format, file: file == "-" ? nil : file)
    }

    fileprivate func check(replacesFiles: Bool) throws {
        guard let format, let file else { return }
        try TextFile.makeFolders(of: file)
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        var status = stat()
        guard stat(file, &status) == 0 else {
            if access(folder, W_OK) != 0 {
                throw StreamError(description: "\(file): cannot make this file: \(systemMessage(errno))")
            }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw StreamError(description: "\(file): is a folder, not a file") }
        guard !replacesFiles, !TextFile.isStream(file), status.st_size > 0 else { return }
        let opening = Array(format.opening.utf8)
        guard StandardStreams.front(of: file, count: opening.count) == opening else {
            throw StreamError(
                description: "\(file) exists already, and is no earlier \(format.name) report: "
                    + "name another file, or give --force to write over it")
        }
    }
}
