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

    /// Writes the recording at `path` without its secrets to a new file; without one, in its own place.
    ///
    /// In its place it comes at once, when all is written, and only where it ends as it should: its recorder may still be
    /// writing. A task that is cancelled leaves nothing behind.
    package static func scrub(
        _ path: String, to output: String?, _ redaction: Redaction
    ) throws(RecordingError) -> Summary {
        let reader = try RecordingReader(path: path)
        if output == nil { try checkEnd(of: reader) }
        let bytes = try RecordingFile.bytes(of: path)
        if output?.hasSuffix(".zst") == true || output == nil && bytes is ZstandardBytes {
            throw RecordingError(
                .cannotWrite, output ?? path,
                "scrub writes plain text: name a file that does not end with .zst with -o, and pack it with zstd")
        }
        let file = try NewFile(path: output ?? "\(path).scrubbing")
        var scrub = LineScrub(redaction, path: path, header: reader.header)
        var summary = Summary()
        let lines = LineReader(bytes, maximumLineBytes: RecordingReader.maximumLineBytes)
        if try lines.peek().starts(with: FileGuess.byteOrderMark) { lines.skip(3) }
        reading: while true {
            if Task.isCancelled { throw RecordingError(.cannotWrite, file.path, "interrupted; nothing was changed") }
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
                let isEvent = summary.lines > 1 && !text.allSatisfy { $0 == 13 }
                if isEvent, let changed = try scrub.scrub(text, number: summary.lines) {
                    summary.changed += 1
                    try file.append(line: changed)
                } else {
                    try file.append(line: text)
                }
            }
        }
        try file.finish(as: output == nil ? path : nil)
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
