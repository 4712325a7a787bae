import Codecs
internal import Glibc
import Recorder
import Replay

/// A report that is asked for: `junit=report.xml`.
struct ReportChoice: Sendable, Equatable {
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
            let near = NearMiss.word(near: parts[0], in: names).map { "did you mean \"\($0)\"? There" }
            throw UsageFault(
                "\"\(parts[0])\" is no format of a report: \(near ?? "there") are \(names.joined(separator: ", "))")
        }
        if file == "" { throw UsageFault("\"\(text)\" lacks the file: it is \(format.name)=FILE, or =- for stdout") }
        if file == nil, case .whenAsked = format.standardOutput {
            throw UsageFault("\"\(text)\" needs a file: \(format.name)=FILE, or \(format.name)=- for stdout")
        }
        return ReportChoice(text: text, format: format, file: file == "-" ? nil : file)
    }

    static func == (left: ReportChoice, right: ReportChoice) -> Bool {
        (left.name, left.file) == (right.name, right.file)
    }

    /// The same with its file counted from a folder.
    func counted(from folder: String) -> ReportChoice {
        guard let file, !file.hasPrefix("/") else { return self }
        return ReportChoice(text: text, format: format, file: folder + "/" + file)
    }

    /// Says before the work what would keep it from being written.
    func check(replacesFiles: Bool) throws {
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
