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
    /// - `output`: where the repaired recording is written, if not in its place.
    /// - `force`: whether a file that stands there is replaced.
    /// - `operations`: what writes; a test may have it fail.
    /// - `tell`: hears of all that is wrong, before anything is changed.
    package static func repair(
        _ path: String, to output: String?, force: Bool, operations: FileOperations = .system,
        tell: (CheckFinding) throws -> Void
    ) throws -> Outcome {
        let source = try resolved(path)
        if let output, !force { try FileRefusal.checkFree(output, .output) }
        let lock = try RecordingLock(path: source)
        // Held until the repaired file stands there.
        return try withExtendedLifetime(lock) {
            let before = try lock.stamp(path)
            let (summary, mends) = try mends(path, source, tell)
            var outcome = Outcome(summary: summary, mended: mends.values.reduce(0) { $0 + $1.count })
            guard outcome.mended > 0 else { return outcome }
            let isPacked = try output?.hasSuffix(".zst") ?? RecordingFile(path: source).isPacked()
            let replacing: PrivateFile.Replacing = output == nil ? .locked : force ? .anything : .nothing(.output)
            let repaired = try RewrittenFile(output ?? source, isPacked: isPacked, replacing, operations)
            var rewriting = try RecordingRewriting(path: source, mends: mends, output: repaired)
            try rewriting.run()
            try repaired.finish()
            guard try lock.stamp(path) == before else {
                throw RecordingError(
                    .cannotWrite, path, "was changed by another program during its repair: nothing was done, try again")
            }
            outcome.backup = try put(repaired, keeping: output == nil ? source : nil, operations)
            return outcome
        }
    }

    /// Checks the recording; gives what is to be mended, by line.
    private static func mends(
        _ path: String, _ source: String, _ tell: (CheckFinding) throws -> Void
    ) throws -> (RecordingCheck.Summary, [Int: [RecordingMend]]) {
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
        return (summary, mends)
    }

    /// Puts the repaired recording in its place; gives where the old one is kept, if it is.
    private static func put(
        _ repaired: RewrittenFile, keeping source: String?, _ operations: FileOperations
    ) throws(RecordingError) -> String? {
        var backup: RecordingBackup?
        if let source { backup = try RecordingBackup(keeping: source, operations) }
        do throws(RecordingError) {
            try repaired.takePlace()
        } catch {
            if !repaired.isInPlace { backup?.takeBack() }
            throw error
        }
        return backup?.path
    }

    /// The file itself, where a link leads to it.
    private static func resolved(_ path: String) throws(RecordingError) -> String {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
        guard let real = resolvedPath(path) else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
        }
        return real
    }
}
