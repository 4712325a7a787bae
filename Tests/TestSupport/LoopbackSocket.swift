import Foundation

/// TCP sockets of 127.0.0.1, without anything of NIO.
///
/// Addresses are written byte by byte: whether the members of `sockaddr_in` can be used depends on which files a compiler
/// reads together, since NIO's own C module claims the structure, too.
package enum LoopbackSocket {
    /// The call that failed, and the system's number for the reason.
    package struct Failure: Error {
        package var call: String
        package var number: Int32

        package init(call: String, number: Int32) {
            self.call = call
            self.number = number
        }
    }

    /// A new socket.
    package static func make() throws(Failure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", number: errno) }
        return descriptor
    }

    /// A new socket that is bound to a port that the system chooses, and listens there if there is a backlog.
    package static func bound(listening backlog: Int32? = nil) throws(Failure) -> Int32 {
        let descriptor = try make()
        let isBound = withAddress(port: 0) { bind(descriptor, $0, $1) == 0 }
        guard isBound, backlog.map({ listen(descriptor, $0) == 0 }) ?? true else {
            let number = errno
            close(descriptor)
            throw Failure(call: "bind", number: number)
        }
        return descriptor
    }

    /// Connects a socket to a port.
    package static func connect(_ descriptor: Int32, to port: Int) throws(Failure) {
        let isConnected = withAddress(port: port) { Foundation.connect(descriptor, $0, $1) == 0 }
        guard isConnected else { throw Failure(call: "connect", number: errno) }
    }

    /// The port of a socket's own end; 0 where it has none.
    package static func localPort(of descriptor: Int32) -> Int {
        var bytes = [UInt8](repeating: 0, count: addressBytes)
        var length = socklen_t(addressBytes)
        let isKnown = bytes.withUnsafeMutableBytes {
            getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &length) == 0
        }
        return isKnown ? Int(bytes[2]) << 8 | Int(bytes[3]) : 0
    }

    private static let addressBytes = 16

    /// The address as the kernel has it: the family in two bytes of this machine's order, the port in two, the host in four.
    private static func withAddress(
        port: Int, _ use: (UnsafePointer<sockaddr>?, socklen_t) -> Bool
    ) -> Bool {
        var bytes = withUnsafeBytes(of: UInt16(AF_INET)) { Array($0) }
        bytes += [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port), 127, 0, 0, 1]
        bytes += [UInt8](repeating: 0, count: addressBytes - bytes.count)
        return bytes.withUnsafeBytes {
            use($0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(addressBytes))
        }
    }
}
