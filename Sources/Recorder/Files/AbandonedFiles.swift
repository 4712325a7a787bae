internal import Glibc

/// Files that stand beside their places still since their writers were killed: `NAME.PID.new`, `NAME.PID-2.new`.
package enum AbandonedFiles {
    /// Takes those of a place away: their process is gone, and nobody has them locked.
    package static func clear(besides target: String) {
        let name = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
        let folder = String(target[..<name])
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let other = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let process = process(in: other, besides: target[name...]), isGone(process) { found.append(other) }
        }
        for other in found { remove(folder + other) }
    }

    /// The process that made the file of that name; nil where it is none of these.
    private static func process(in other: String, besides name: Substring) -> pid_t? {
        guard other.hasPrefix(name + "."), other.hasSuffix(".new"), other.utf8.count > name.utf8.count + 5 else {
            return nil
        }
        let parts = other.dropFirst(name.count + 1).dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 48...57 ~= $0 } }) else {
            return nil
        }
        return pid_t(parts[0]).flatMap { $0 > 0 ? $0 : nil }
    }

    private static func isGone(_ process: pid_t) -> Bool { kill(process, 0) != 0 && errno == ESRCH }

    /// A process of another container is not seen, but its lock is.
    private static func remove(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else { return }
        unlink(path)
    }
}
