internal import Codecs

/// Takes secrets out of an existing recording.
///
/// Lines without secrets stay byte for byte, the header with them; the recording is read and written line by line, whatever its
/// size. What was taken out before stays as it is.
package enum RecordingScrub {
    /// What was done.
    package struct Summary: Sendable, Hashable {
        /// The lines that were written.
        package var lines = 0
        /// Those of them that were changed.
        package var changed = 0
        /// The number of a last line that was never finished, and was left out.
        package var tornLine: Int?
    }

    /// Where the result goes.
    package enum Output: Sendable, Hashable {
        /// In the recording's own place, once it is whole, and only where it ends as it should: its recorder may still be
        /// writing.
        case inPlace
        /// To another file; compressed where its name ends in `.zst`.
        case file(String, replaces: Bool)
    }

    /// Writes the recording at `path` without its secrets. A task that is cancelled leaves nothing behind.
    ///
    /// `operations`: what writes; a test may have it fail.
    package static func scrub(
        _ path: String, to output: Output, _ redaction: Redaction, operations: FileOperations = .system
    ) throws(RecordingError) -> Summary {
        guard case .file(let target, let replaces) = output else {
            let lock = try RecordingLock(path: path)
            defer { withExtendedLifetime(lock) {} }
            let reader = try RecordingReader(path: path)
            try checkEnd(of: reader)
            let isPacked = try RecordingFile(path: path).isPacked()
            let file = try RewrittenFile(path, isPacked: isPacked, .locked, operations)
            return try scrub(reader, to: file, redaction)
        }
        let reader = try RecordingReader(path: path)
        let file = try RewrittenFile(
            target, isPacked: target.hasSuffix(".zst"), replaces ? .anything : .nothing(.output), operations)
        return try scrub(reader, to: file, redaction)
    }

    private static func scrub(
        _ reader: RecordingReader, to file: RewrittenFile, _ redaction: Redaction
    ) throws(RecordingError) -> Summary {
        let path = reader.path
        var scrub = LineScrub(redaction, path: path, header: reader.header)
        var summary = Summary()
        let lines = LineReader(try RecordingFile.bytes(of: path), maximumLineBytes: RecordingReader.maximumLineBytes)
        if try lines.peek().starts(with: FileGuess.byteOrderMark) { lines.skip(3) }
        reading: while true {
            if Task.isCancelled { throw RecordingError(.cannotWrite, path, "interrupted; nothing was changed") }
            switch try lines.next() {
            case .end: break reading
            case .torn:
                summary.tornLine = summary.lines + 1
                break reading
            case .damaged(_, let reason):
                throw RecordingError(.damagedLine, path, line: summary.lines + 1, reason)
            case .tooLong:
                throw RecordingError(
                    .damagedLine, path, line: summary.lines + 1, "the line is longer than any that is written")
            case .whole(let text):
                summary.lines += 1
                let isEvent = !text.allSatisfy { $0 == 13 }
                if isEvent, let changed = try scrub.scrub(text, number: summary.lines) {
                    summary.changed += 1
                    try file.append(line: changed)
                } else {
                    try file.append(text)
                    try file.endLine()
                }
            }
        }
        try file.finish()
        try file.takePlace()
        return summary
    }

    private static func checkEnd(of reader: RecordingReader) throws(RecordingError) {
        while try reader.next() != nil {}
        guard reader.isEnded else {
            throw RecordingError(
                .cannotWrite, reader.path,
                "has no end, so that its recorder may still be writing: give another file with -o")
        }
    }
}
