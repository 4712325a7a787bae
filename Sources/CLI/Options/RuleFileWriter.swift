internal import Glibc
import Recorder

/// Writes a file of rules.
enum RuleFileWriter {
    /// Says before the work whether there is a file in the way.
    static func check(_ path: String) throws(UsageFault) {
        var status = stat()
        if lstat(path, &status) == 0 { throw inTheWay(path) }
    }

    /// Makes the file, whole or not at all; one that exists only gives way where that was said.
    static func write(_ text: String, to path: String, force: Bool) throws(UsageFault) {
        do throws(StreamError) {
            try TextFile.write(text, to: path, replaces: force)
        } catch {
            if !force { try check(path) }
            throw UsageFault(error.description)
        }
    }

    private static func inTheWay(_ path: String) -> UsageFault {
        UsageFault("\(path) exists already: name another file, or give --force to write over it")
    }
}
