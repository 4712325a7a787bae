import Foundation

/// A port of 127.0.0.1 where nobody listens.
package enum UnusedPort {
    /// Asks the system for one.
    package static func find() throws -> Int {
        let descriptor = try LoopbackSocket.bound()
        defer { close(descriptor) }
        return LoopbackSocket.localPort(of: descriptor)
    }
}
