internal import Codecs

/// One of the things that `check` looks at, line by line.
///
/// To add one, write it and add it to the list in `RecordingCheck`.
protocol LineCheck {
    /// Looks at an event, or a header (`resumed`; the first line's too).
    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows
    /// Hears of a line that is no event, and that a gap may stand for.
    mutating func passOver()
    /// Looks at what is only known at the end of the file.
    mutating func finish(_ end: CheckedEnd, tell: (CheckFinding) throws -> Void) rethrows
}

extension LineCheck {
    mutating func passOver() {}
    mutating func finish(_ end: CheckedEnd, tell: (CheckFinding) throws -> Void) rethrows {}
}

/// A line that reads as an event.
struct CheckedLine {
    /// From 1.
    var number: Int
    var event: TranscriptEvent
    /// The line's JSON, until the next line is read.
    var value: Value
}

/// How the file ends.
struct CheckedEnd {
    /// The number of the last line.
    var line: Int
    /// A torn line was cut off there, or is to be.
    var isCut: Bool
    /// A running tapedeck holds the file.
    var isBeingWritten: Bool
}
