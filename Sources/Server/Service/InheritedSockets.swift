internal import Glibc
internal import NIOCore

/// Sockets that listen already, which whoever started this process has handed to it: systemd's socket activation
/// (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`; sd_listen_fds(3)), or any other program that leaves a descriptor open.
package struct InheritedSockets: Sendable {
    /// Why a socket is not there, or is none to listen on.
    package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// Their names and descriptors, in their order.
    package private(set) var named: [(name: String, descriptor: Int32)] = []

    /// Those that these variables announce to the process with that number. The first descriptor is 3, always.
    package init(environment: [String: String], process: Int32) {
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == process,
            let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), (1...10_000).contains(count)
        else { return }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        named = (0..<count).map { ($0 < names.count ? String(names[$0]) : "unknown", 3 + Int32($0)) }
    }

    /// Those of this process. The variables are taken away, so that no child takes them for its own.
    package static func ofThisProcess() -> InheritedSockets {
        let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
        var variables: [String: String] = [:]
        for name in names { variables[name] = getenv(name).map { String(cString: $0) } }
        for name in names { unsetenv(name) }
        return InheritedSockets(environment: variables, process: getpid())
    }

    /// The ports with the descriptors of inherited sockets in place of their names; one for each where a name has several.
    ///
    /// - Returns: beside each the place, among those given, of the port that it is.
    package func resolved(
        _ ports: [PortConfiguration]
    ) throws(Fault) -> [(place: Int, port: PortConfiguration)] {
        var resolved: [(place: Int, port: PortConfiguration)] = []
        for (place, port) in ports.enumerated() {
            switch port.inherited {
            case nil: resolved.append((place, port))
            case .descriptor(let descriptor):
                try Self.check(descriptor)
                resolved.append((place, port))
            case .named(let name):
                for descriptor in try sockets(named: name) {
                    var port = port
                    port.inherited = .descriptor(descriptor)
                    resolved.append((place, port))
                }
            }
        }
        return resolved
    }

    /// The sockets with that name; there may be several, such as one for IPv4 and one for IPv6.
    func sockets(named name: String) throws(Fault) -> [Int32] {
        let found = named.filter { $0.name == name }.map(\.descriptor)
        if found.isEmpty {
            let known = Set(named.map(\.name)).sorted().joined(separator: ", ")
            let what = known.isEmpty ? "none was handed over (LISTEN_FDS)" : "there are: \(known)"
            throw Fault(description: "no socket has the name \"\(name)\"; \(what)")
        }
        for descriptor in found { try Self.check(descriptor) }
        return found
    }

    /// Refuses a descriptor that is no TCP socket which listens; keeps children from having it.
    static func check(_ descriptor: Int32) throws(Fault) {
        guard fcntl(descriptor, F_GETFD) >= 0 else {
            throw Fault(description: "descriptor \(descriptor) is not open")
        }
        guard option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            [AF_INET, AF_INET6].contains(option(SO_DOMAIN, of: descriptor))
        else { throw Fault(description: "descriptor \(descriptor) is no TCP socket") }
        guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
            throw Fault(description: "descriptor \(descriptor) does not listen: systemd must have Accept=no")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}
