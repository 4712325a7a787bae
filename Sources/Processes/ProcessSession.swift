internal import Glibc

/// The processes of a session, which a server's process leads: it, its children, and theirs.
///
/// One that starts a session of its own, as a daemon does, has left it.
package struct ProcessSession: Sendable {
    /// The leader's number, which is the session's and that of its first process group.
    package let leader: Int32

    package init(leader: Int32) { self.leader = leader }

    /// Sends a signal to every process group of the session. The leader may have ended, but must not have been reaped:
    /// its number would be free for others.
    package func signal(_ number: Int32) {
        kill(-leader, number)
        for group in groups() where group != leader { kill(-group, number) }
    }

    /// Whether a process still runs; one that ended and that nobody reaped does not.
    package var isRunning: Bool { !groups().isEmpty }

    /// The process groups that have a process that runs.
    private func groups() -> Set<pid_t> { processes().map { Set($0.values) } ?? [leader] }

    /// The numbers of the processes that run, each with its group; nil where the system does not tell.
    package func processes() -> [String: Int32]? {
        guard let folder = opendir("/proc") else { return nil }
        defer { closedir(folder) }
        var processes: [String: pid_t] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
            guard name.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { continue }
            let process = String(decoding: name, as: UTF8.self)
            guard let status = Self.statusLine(of: process) else { continue }
            if let group = Self.group(of: status, inSession: leader) { processes[process] = group }
        }
        return processes
    }

    /// The process group of a running process of that session, from its line in `/proc/PID/stat` (proc(5)):
    /// `PID (NAME) STATE PARENT GROUP SESSION …`, where the name may hold blanks and parentheses.
    static func group(of line: [UInt8], inSession session: pid_t) -> pid_t? {
        guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 4)
        guard fields.count > 3, let state = fields[0].first, !"ZXx".utf8.contains(state) else { return nil }
        guard pid_t(String(decoding: fields[3], as: UTF8.self)) == session else { return nil }
        return pid_t(String(decoding: fields[2], as: UTF8.self))
    }

    private static func statusLine(of process: String) -> [UInt8]? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &line, line.count)
        return count > 0 ? Array(line.prefix(count)) : nil
    }
}
