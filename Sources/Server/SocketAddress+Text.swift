internal import NIOCore

extension SocketAddress {
    /// `HOST:PORT`, with the brackets that IPv6 needs.
    var hostAndPort: String {
        switch self {
        case .v4: "\(ipAddress ?? "?"):\(port ?? 0)"
        case .v6: "[\(ipAddress ?? "?")]:\(port ?? 0)"
        case .unixDomainSocket: pathname ?? "?"
        }
    }
}

/// `HOST:PORT`, with the brackets that IPv6 needs.
package func hostAndPort(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}
