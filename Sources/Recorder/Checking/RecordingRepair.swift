internal import Codecs
internal import Glibc

/// Repairs a recording: what is damaged gives way to gaps, and every line that reads stays byte for byte.
///
/// The repaired recording is written to a new file, which then takes the place of the old one; that stays beside it as
/// `NAME.bak`.
package enum RecordingRepair {
    /// What came of a repair.
    package struct Outcome: Sendable, Hashable {
        package var summary: RecordingCheck.Summary
        /// Findings that were mended.
        package var mended = 0
        /// Where the recording was before; nil where it was not replaced.
        package var backup: String?
    }

    /// Faults in one file that are mended, at most: one with more is no recording any more.
    private static let maximumMends = 1_000_000

    /// Checks a recording, and repairs what can be repaired.
    ///
    /// - Parameters:
    ///   - output: where the repaired recording is written, if not in its place.
    ///   - force: whether a file that stands there is replaced.
    ///   - tell: hears of all that is wrong, before anything is changed.
    package static func repair(
        _ path: String, to output: String?, force: Bool, tell: (CheckFinding) throws -> Void
    ) throws -> Outcome {
        let source = try resolved(path)
        if let output, !force, access(output, F_OK) == 0 { throw RepairedFile.exists(output) }
        let lock = try RecordingLock(path: source)
        // Held until the repaired file stands there.
        return try withExtendedLifetime(lock) { try repair(path, source, lock, to: output, force: force, tell) }
    }

    private static func repair(
        _ path: String, _ source: String, _ lock: RecordingLock, to output: String?, force: Bool,
        _ tell: (CheckFinding) throws -> Void
    ) throws -> Outcome {
        let before = try lock.stamp(path)
        var mends: [Int: [RecordingMend]] = [:]
        var count = 0
        let summary = try RecordingCheck(path: source, named: path, isOurs: true).run { finding in
            try tell(finding)
            // What this version takes for damage may be what the newer one writes.
            guard finding.kind != .version else {
                throw RecordingError(.newerVersion, path, line: finding.line, "\(finding.what); nothing was changed")
            }
            guard let mend = finding.mend else { return }
            count += 1
            guard count <= maximumMends else {
                throw RecordingError(
                    .cannotRead, path, "has more than \(maximumMends) damaged places, and is no recording any more")
            }
            mends[finding.line, default: []].append(mend)
        }
        var outcome = Outcome(summary: summary, mended: count)
        guard count > 0 else { return outcome }
        let repaired = try RepairedFile(
            for: output ?? source, isPacked: try RecordingFile(path: source).isPacked())
        do {
            var rewriting = try RecordingRewriting(path: source, mends: mends, output: repaired)
            try rewriting.run()
            try repaired.finish()
            guard try lock.stamp(path) == before else {
                throw RecordingError(
                    .cannotWrite, path, "was changed by another program during its repair: nothing was done, try again")
            }
            if output == nil { outcome.backup = try RepairedFile.keep(source) }
            try repaired.putInPlace(force: force || output == nil)
        } catch {
            repaired.discard()
            throw error
        }
        return outcome
    }

    /// The file itself, where a link leads to it.
    private static func resolved(_ path: String) throws(RecordingError) -> String {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
        guard let real = realpath(path, nil) else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
        }
        defer { free(real) }
        return String(cString: real)
    }
}
