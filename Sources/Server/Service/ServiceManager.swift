internal import Glibc

/// Whoever supervises this process and wants to know how it is doing: systemd with `Type=notify` (sd_notify(3)).
package struct ServiceManager: Sendable {
    /// What it is told.
    package enum State: Sendable {
        /// Clients are served; with a sentence for `systemctl status`.
        case ready(String)
        /// Files are read again; `ready` follows.
        case reloading
        case stopping

        var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(status.replacing("\n", with: " "))\n"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)\n"
            case .stopping: "STOPPING=1\nSTATUS=letting connections end\n"
            }
        }

        private static var monotonicMicroseconds: Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
        }
    }

    /// Where it listens: a path, or behind an `@` a name in Linux's abstract namespace. Nil: nobody asks.
    private let address: String?

    package init(address: String?) {
        self.address = address
    }

    /// That of this process. The variable is taken away, so that no child speaks for it.
    package static func ofThisProcess() -> ServiceManager {
        defer { unsetenv("NOTIFY_SOCKET") }
        return ServiceManager(address: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// Tells it. Gives what went wrong, if anything.
    @discardableResult
    package func tell(_ state: State) -> String? {
        guard let address, !address.isEmpty else { return nil }
        guard address.hasPrefix("/") || address.hasPrefix("@") else {
            return "NOTIFY_SOCKET=\(address) is neither a path nor an abstract name"
        }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        let isTooLong = withUnsafeMutableBytes(of: &target.sun_path) { path in
            guard bytes.count < path.count else { return true }
            path.copyBytes(from: bytes)
            if path[0] == UInt8(ascii: "@") { path[0] = 0 }
            return false
        }
        guard !isTooLong else { return "NOTIFY_SOCKET=\(address) is too long" }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return "NOTIFY_SOCKET: \(String(cString: strerror(errno)))" }
        defer { close(descriptor) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(state.text.utf8)
        let sent = withUnsafePointer(to: &target) { target in
            target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
        return sent == text.count ? nil : "NOTIFY_SOCKET=\(address): \(String(cString: strerror(errno)))"
    }
}
