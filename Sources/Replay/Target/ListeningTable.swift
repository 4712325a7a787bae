internal import Glibc

/// The TCP sockets that listen, as the kernel's tables `/proc/net/tcp` and `/proc/net/tcp6` name them.
///
/// Reading them disturbs nobody; a connection would be the only client of a server that takes one.
package enum ListeningTable {
    /// A socket in LISTEN state.
    package struct Entry: Sendable, Hashable {
        /// Four or sixteen bytes in network order.
        package var address: [UInt8]
        package var port: Int

        package init(address: [UInt8], port: Int) {
            self.address = address
            self.port = port
        }

        /// Whether connections to this IPv4 address arrive here: it is the same, or any, also as an IPv6 socket has it.
        /// The table does not tell whether an IPv6 socket is for IPv6 only.
        package func covers(_ host: [UInt8]) -> Bool {
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            let own = address.count == 16 && address.starts(with: mapped) ? Array(address.dropFirst(12)) : address
            return own == host || own.allSatisfy { $0 == 0 }
        }

        /// The address of this machine's own at which a client reaches the socket; nil where neither is one.
        package var loopbackHost: String? {
            if address.count == 16, address.allSatisfy({ $0 == 0 }) {
                return ListeningTable.takesBothVersions(port) ? "127.0.0.1" : "::1"
            }
            if covers([127, 0, 0, 1]) { return "127.0.0.1" }
            return address.count == 16 && address.last == 1 && address.dropLast().allSatisfy { $0 == 0 } ? "::1" : nil
        }
    }

    /// Whether a socket that listens at `::` is for IPv4, too, which the table does not tell: then nobody else can have that
    /// port there. No connection is made.
    private static func takesBothVersions(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        // As `sockaddr_in` has it: the port in two bytes, the host in four.
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_INET)
        address.sa_data.0 = CChar(truncatingIfNeeded: port >> 8)
        address.sa_data.1 = CChar(truncatingIfNeeded: port)
        address.sa_data.2 = 127
        address.sa_data.5 = 1
        return bind(descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size)) != 0
    }

    /// The sockets that listen now. Nil if the system has no such tables.
    package static func read() -> [Entry]? {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap(contents)
        return tables.isEmpty ? nil : tables.flatMap(parse)
    }

    /// The listening sockets of a table's text. After a heading each line has a number, the local and the remote address
    /// in hexadecimal, and the state, of which 0A is LISTEN (proc(5), include/net/tcp_states.h):
    ///
    ///        0: 0100007F:9C41 00000000:0000 0A 00000000:00000001 …
    ///
    /// An address is one or four 32-bit words, each as a number in the machine's own byte order; the port is a plain number.
    /// Lines of another form are left out.
    package static func parse(_ text: [UInt8]) -> [Entry] {
        var entries: [Entry] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
            guard fields.count > 3, fields[3].elementsEqual("0A".utf8) else { continue }
            let parts = fields[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].count == 4, let port = word(parts[1]) else { continue }
            guard let address = address(parts[0]) else { continue }
            entries.append(Entry(address: address, port: Int(port)))
        }
        return entries
    }

    /// The ports of those listening sockets that have one of these inode numbers, the tenth field of a line.
    static func ports(ofSockets inodes: Set<String>) -> [Int] {
        ["/proc/net/tcp", "/proc/net/tcp6"].compactMap(contents).flatMap { text in
            text.split(separator: UInt8(ascii: "\n")).compactMap { line in
                let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
                guard fields.count > 9, inodes.contains(String(decoding: fields[9], as: UTF8.self)) else { return nil }
                return parse(Array(line)).first?.port
            }
        }
    }

    private static func address(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var address: [UInt8] = []
        for start in stride(from: digits.startIndex, to: digits.endIndex, by: 8) {
            guard let word = word(digits[start..<start + 8]) else { return nil }
            withUnsafeBytes(of: word) { address.append(contentsOf: $0) }
        }
        return address
    }

    private static func word(_ digits: ArraySlice<UInt8>) -> UInt32? {
        UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// A table's text.
    static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 32 << 10)
        // A machine with more connections than this is no place to look for one port.
        while bytes.count < 64 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes.append(contentsOf: chunk.prefix(count))
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        return bytes
    }
}
