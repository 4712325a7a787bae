import ArgumentParser
internal import Glibc
import Recorder
import Replay

/// `tapedeck merge-reports`.
struct MergeReportsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge-reports", abstract: "Put the reports of shards together, in any format.",
        usage: "tapedeck merge-reports <paths> ... [<options>]",
        discussion: """
            Takes what tapedeck replay --shard I/N --report json=FILE wrote on each
            machine, and makes one report of it, as one run over all recordings would
            have. Without --report it is printed.

            A shard that is lacking is told of, and status 2: nobody knows what it
            found.

            Exit status: that of the replay as a whole: 0 every answer is as recorded, 1
            differences, 2 could not be done or a shard is lacking, 64 wrong usage.

            Examples:
              tapedeck merge-reports part-*.json
              tapedeck merge-reports reports/ --report junit=junit.xml \\
                                     --report html=replay.html
            """)

    @Argument(
        help: "Reports that replay made with --report json=FILE, or folders of them (*.json).",
        completion: .file(extensions: ["json"]))
    var paths: [String]

    @Flag(name: .customLong("fail-on-flaky"), help: "What is flaky is a failure: end with status 1.")
    var failsOnFlaky = false

    @OptionGroup(title: "Reports") var reports: ReportOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            let reports = try reports.set()
            let files = try paths.flatMap(Self.files)
            try reports.check(reading: files)
            let parts = try files.map { (name: $0, report: try Self.read($0)) }
            let (report, missing) = try Report.merged(parts)
            try tell(report, reports)
            guard missing.isEmpty else {
                let names = missing.prefix(10).map(\.description).joined(separator: ", ")
                Terminal.log(
                    "tapedeck: \(missing.count.counting("shard")) lacking: \(names)\(missing.count > 10 ? ", …" : "")")
                throw ExitStatus.impossible
            }
            try ExitStatus.check(report, failsOnFlaky: failsOnFlaky)
        } catch let error as ExitCode {
            throw error
        } catch let fault as UsageFault {
            throw fault
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func tell(_ report: Report, _ reports: ReportSet) throws {
        if reports.usesConsole {
            for result in report.recordings where !output.isQuiet || result.status != .passed {
                try Terminal.write(ReportSummary.text(result))
            }
            if !output.isQuiet || report.status != .passed {
                try Terminal.write(ReportSummary.line(report))
                try Terminal.write(ReportSummary.unusedRules(report))
            }
        }
        try reports.write(report)
    }

    /// The files that a path names: itself, or the reports in a folder.
    private static func files(of path: String) throws -> [String] {
        guard let directory = opendir(path) else { return [path] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        let files = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        guard !files.isEmpty else { throw StreamError(description: "\(path): no report (*.json) in this folder") }
        return files.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    }

    private static func read(_ path: String) throws -> Report {
        let text = try StandardStreams.contents(of: path, limit: JSONReportReader.maximumBytes)
        do throws(JSONReportReader.Fault) {
            return try JSONReportReader.report(text)
        } catch {
            throw StreamError(description: "\(path): is no report of tapedeck replay --report json=FILE: it \(error)")
        }
    }
}
