import Foundation
import Glibc
import TestSupport
import Testing

@testable import Recorder

@Suite("A recording that is written anew")
struct RewrittenFileTests {
    /// What writes it, and where.
    enum Work: String, CaseIterable {
        case repair
        case repairElsewhere
        case scrub
        case scrubElsewhere
        case scrubOver
        case scrubPacked
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var work: Work
        var forEver: Bool
        var testDescription: String { "\(work), \(forEver ? "for ever" : "once")" }
    }

    private static let faults = Work.allCases.flatMap {
        [Fault(work: $0, forEver: false), Fault(work: $0, forEver: true)]
    }

    @Test("is there whole or not at all, whichever operation fails, and nothing else is changed", arguments: faults)
    func everyOperation(_ fault: Fault) throws {
        let isElsewhere = fault.work.rawValue.contains("Elsewhere") || fault.work == .scrubPacked
        let expected = try outcome(fault.work, FaultyFiles(failing: .max, forEver: false))
        #expect(expected.error == nil)
        var failing = 0
        while true {
            let disk = FaultyFiles(failing: failing, forEver: fault.forEver)
            let found = try outcome(fault.work, disk)
            guard let first = disk.failed.first else {
                #expect(failing > 4)
                return
            }
            let what = "operation \(failing), \(first)"
            // A file system without links has the old one moved to its other name; all else is told of.
            if first != .link || fault.forEver { #expect(found.error != nil, "\(what): nobody was told") }
            let isDone = found.error == nil || first == .syncFolder
            if isDone {
                #expect(found.files == expected.files, "\(what)")
            } else if disk.failed.contains(.remove) {
                // What cannot be taken away stays; but the recordings are as they were.
                #expect(found.files["a.tape.jsonl"] == expected.before["a.tape.jsonl"], "\(what)")
                if isElsewhere { #expect(found.files["b.tape.jsonl"] == nil, "\(what)") }
            } else {
                #expect(found.files == expected.before, "\(what)")
            }
            failing += 1
        }
    }

    /// Does it in a folder of its own; gives what stands there before and after.
    private func outcome(
        _ work: Work, _ disk: FaultyFiles
    ) throws -> (before: [String: Data], files: [String: Data], error: (any Error)?) {
        let message = #"{"t":1.2,"s":1,"from":"client","value":{"password":"hunter2","id":3}}"#
        let end = work.rawValue.hasPrefix("scrub") ? [CheckedSample.end] : []
        let sample = try CheckedSample(lines: [CheckedSample.open, message, CheckedSample.close] + end)
        let folder = URL(filePath: sample.path).deletingLastPathComponent().path
        if work == .scrubOver { try Data("old".utf8).write(to: URL(filePath: folder + "/b.tape.jsonl")) }
        let other = folder + "/b.tape.jsonl"
        // The same pseudonyms each time.
        let key = Pseudonyms(KeyedHash(key: Array("a key of sixteen".utf8)))
        let redaction = Redaction(rules: [.defaults], pseudonyms: key)
        let before = files(folder)
        var failure: (any Error)?
        do {
            switch work {
            case .repair, .repairElsewhere:
                _ = try RecordingRepair.repair(
                    sample.path, to: work == .repair ? nil : other, force: false, operations: disk.operations
                ) { _ in }
            case .scrub, .scrubElsewhere, .scrubOver, .scrubPacked:
                let name = work == .scrubPacked ? other + ".zst" : other
                let output: RecordingScrub.Output =
                    work == .scrub ? .inPlace : .file(name, replaces: work == .scrubOver)
                _ = try RecordingScrub.scrub(sample.path, to: output, redaction, operations: disk.operations)
            }
        } catch {
            failure = error
        }
        return (before, files(folder), failure)
    }

    private func files(_ folder: String) -> [String: Data] {
        var files: [String: Data] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            files[name] = FileManager.default.contents(atPath: folder + "/" + name)
        }
        return files
    }

    @Test("is made beside its place under another name, where a dead process of the same number left one")
    func leftBehind() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a")
        for name in ["\(path).\(getpid()).new", "\(path).\(getpid())-2.new"] {
            try Data().write(to: URL(filePath: name))
        }
        let file = try RewrittenFile(path, isPacked: false, .nothing(.output))
        try file.append(line: Array("x".utf8))
        #expect(folder.text("a") == nil)
        try file.finish()
        try file.takePlace()
        #expect(folder.text("a") == "x\n")
    }

    @Test("replaces no folder, link or pipe, and no recording that is being written", arguments: [true, false])
    func refused(isForced: Bool) throws {
        let folder = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: folder.path("no"))
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        try folder.write("x", to: "written")
        let writer = open(folder.path("written"), O_WRONLY)
        defer { close(writer) }
        #expect(flock(writer, LOCK_EX) == 0)
        for name in ["folder", "link", "pipe", "written"] {
            let error = #expect(throws: RecordingError.self) {
                _ = try RewrittenFile(
                    folder.path(name), isPacked: false, isForced ? .anything : .nothing(.output))
            }
            #expect(error?.path == folder.path(name))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
    }

    @Test("clears away what a run that was killed left beside the same place, and nothing else")
    func abandoned() throws {
        let folder = try TemporaryFolder()
        // No process has so high a number.
        let left = ["b.99999999.new", "b.99999999-2.new"]
        let others = ["b.\(getpid())-7.new", "b.99999999.old", "b.x.new", "b.new", "c.99999999.new", "b.9-9-9.new"]
        for name in left + others + ["b.99999998.new"] { try Data("x".utf8).write(to: URL(filePath: folder / name)) }
        let held = open(folder / "b.99999998.new", O_RDONLY | O_CLOEXEC)
        defer { close(held) }
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        let file = try RewrittenFile(folder / "b", isPacked: false, .anything)
        try file.finish()
        try file.takePlace()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == (others + ["b", "b.99999998.new"]).sorted())
    }
}
