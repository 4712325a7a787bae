#if canImport(Glibc)
    internal import Glibc
#endif

/// Why a recording cannot be written or read: which file, where in it, and what to do.
package struct RecordingError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file cannot be opened or made.
        case cannotOpen
        /// A write failed; nothing is written after that.
        case cannotWrite
        case cannotRead
        /// The file is no recording.
        case foreign
        /// The file is empty, or its first line is not finished.
        case unbegun
        /// The format is newer than this build reads.
        case newerVersion
        /// A line is damaged; those behind it may still read.
        case damagedLine
    }

    package var code: Code
    package var path: String
    /// The line, from 1; 0 where it concerns the whole file.
    package var line = 0
    package var reason: String

    package init(_ code: Code, _ path: String, line: Int = 0, _ reason: String) {
        self.code = code
        self.path = path
        self.line = line
        self.reason = reason
    }

    package var description: String {
        // A file's name may hold what a terminal obeys.
        let name = path.isEmpty ? "\"\"" : TerminalText.escaped(path)
        return line > 0 ? "\(name):\(line): \(reason)" : "\(name): \(reason)"
    }
}

/// The system's words for an error number.
package func systemMessage(_ number: Int32) -> String {
    // glibc keeps the text of each thread apart.
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
