/// Where the events of a conversation come from, whatever keeps them: a recording, or a capture that is read as one.
///
/// Events come one by one, so that the size of what is read does not matter.
package protocol TranscriptSource: AnyObject {
    /// The file that is read, as it was given.
    var path: String { get }
    /// When it began, and what its ports speak.
    var header: RecordingHeader { get }
    /// The next event; nil at the end. After a `damagedLine` it can be called again.
    func next() throws(RecordingError) -> TranscriptEvent?
    /// What is missing at the end, once all was read; nil where it ended as it should.
    var shortcoming: TranscriptShortcoming? { get }
}

/// What a conversation lacks at its end.
package struct TranscriptShortcoming: Sendable, Hashable {
    /// The line that it concerns, from 1; 0 where it is the whole file.
    package var line = 0
    /// A sentence that may follow the file's name.
    package var reason: String

    package init(line: Int = 0, _ reason: String) {
        self.line = line
        self.reason = reason
    }
}

extension RecordingReader: TranscriptSource {
    package var shortcoming: TranscriptShortcoming? {
        let words = "its recorder was killed, crashed, could not write, or still records; what is there is shown"
        if let tornLine {
            return isTornBetweenLines
                ? TranscriptShortcoming(
                    line: tornLine - 1, "the compressed file is cut off behind this line: \(words)")
                : TranscriptShortcoming(
                    line: tornLine, "torn: this line was never finished; all before it is shown")
        }
        guard lacksEnd else { return nil }
        return TranscriptShortcoming("has no end: \(words)")
    }
}
