internal import Glibc
import Recorder

/// Writes a file of rules.
enum RuleFileWriter {
    /// Says before the work whether there is a file in the way.
    static func check(_ path: String) throws(UsageFault) {
        var status = stat()
        if lstat(path, &status) == 0 { throw inTheWay(path) }
    }

    /// Makes the file; one that exists is only written over where that was said.
    static func write(_ text: String, to path: String, force: Bool) throws(UsageFault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0o644)
        guard descriptor >= 0 else {
            let number = errno
            throw number == EEXIST ? inTheWay(path) : UsageFault("\(path): cannot write: \(systemMessage(number))")
        }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else {
                throw UsageFault("\(path): cannot write: \(systemMessage(errno))")
            }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    private static func inTheWay(_ path: String) -> UsageFault {
        UsageFault("\(path) exists already: name another file, or give --force to write over it")
    }
}
