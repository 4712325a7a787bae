internal import Glibc
internal import NIOCore

/// The queues of one connection whose server is on this machine, as the kernel tells them: so it can be known whether the
/// server has read what it was sent, without its doing.
///
/// The kernel is asked for the two sockets; where it does not tell, its tables `/proc/net/tcp` and `/proc/net/tcp6` are read.
/// Their lines are (proc(5)), addresses and ports in hexadecimal as in `ListeningTable`:
///
///        3: 0100007F:9C41 0100007F:E770 01 TXQUEUE:RXQUEUE …
struct ConnectionQueues {
    private let diagnosis: SocketDiagnosis?
    private let client: SocketDiagnosis.Address
    private let server: SocketDiagnosis.Address

    init?(client: SocketAddress, server: SocketAddress, diagnosis: SocketDiagnosis?) {
        guard let clientHost = Self.host(client), let serverHost = Self.host(server), let clientPort = client.port,
            let serverPort = server.port, clientHost.count == serverHost.count
        else { return nil }
        self.client = SocketDiagnosis.Address(host: clientHost, port: clientPort)
        self.server = SocketDiagnosis.Address(host: serverHost, port: serverPort)
        self.diagnosis = diagnosis
    }

    /// What is known now; nil where the kernel has no such connection.
    func read() -> ReadingWait.Queues? {
        guard let diagnosis else { return readTables() }
        switch diagnosis.queues(local: server, remote: client) {
        case .queues(let unread, _):
            guard unread == 0, case .queues(_, let onTheirWay) = diagnosis.queues(local: client, remote: server) else {
                return ReadingWait.Queues(unread: unread, unacknowledged: 0)
            }
            return ReadingWait.Queues(unread: 0, unacknowledged: onTheirWay)
        case .noSuchSocket: return nil
        case .unknown: return readTables()
        }
    }

    /// The same from the tables.
    func readTables() -> ReadingWait.Queues? {
        // IPv4 addresses as IPv6 sockets have them, too.
        func forms(_ address: SocketDiagnosis.Address) -> [String] {
            let mapped = [UInt8](repeating: 0, count: 10) + [255, 255] + address.host
            return (address.host.count == 4 ? [address.host, mapped] : [address.host]).map {
                Self.hexadecimal($0, address.port)
            }
        }
        let clients = forms(client)
        let servers = forms(server)
        var unread: Int?
        var unacknowledged = 0
        for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let table = ListeningTable.contents(path) else { continue }
            for (client, server) in zip(clients, servers) {
                unread = unread ?? Self.queues(in: table, Array(" \(server) \(client) ".utf8))?.received
                unacknowledged += Self.queues(in: table, Array(" \(client) \(server) ".utf8))?.sent ?? 0
            }
            // Both ends of an IPv4 connection stand in the first table, unless the server's socket is an IPv6 one.
            if unread != nil { break }
        }
        return unread.map { ReadingWait.Queues(unread: $0, unacknowledged: unacknowledged) }
    }

    /// The two queues of the line with those addresses.
    static func queues(in table: [UInt8], _ addresses: [UInt8]) -> (sent: Int, received: Int)? {
        guard let end = end(of: addresses, in: table) else { return nil }
        let fields = table[end...].prefix(64).split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard fields.count > 1 else { return nil }
        let queues = fields[1].split(separator: UInt8(ascii: ":"))
        guard queues.count == 2, let sent = Int(String(decoding: queues[0], as: UTF8.self), radix: 16),
            let received = Int(String(decoding: queues[1], as: UTF8.self), radix: 16)
        else { return nil }
        return (sent, received)
    }

    /// Where the bytes end that stand for the first time in the table; each line has its number and a colon before them.
    private static func end(of wanted: [UInt8], in table: [UInt8]) -> Int? {
        table.withUnsafeBytes { table in
            wanted.withUnsafeBytes { wanted in
                guard let start = table.baseAddress, let pattern = wanted.baseAddress else { return nil }
                var offset = 0
                while offset + wanted.count <= table.count,
                    let colon = memchr(start + offset, 0x3A, table.count - offset - wanted.count)
                {
                    let place = UnsafeRawPointer(colon) - start + 1
                    if memcmp(start + place, pattern, wanted.count) == 0 { return place + wanted.count }
                    offset = place
                }
                return nil
            }
        }
    }

    private static func host(_ address: SocketAddress) -> [UInt8]? {
        guard let text = address.ipAddress else { return nil }
        let isLong = text.contains(":")
        var bytes = [UInt8](repeating: 0, count: isLong ? 16 : 4)
        return inet_pton(isLong ? AF_INET6 : AF_INET, text, &bytes) == 1 ? bytes : nil
    }

    /// `0100007F:9C41`: words of four bytes as numbers in the machine's own byte order.
    static func hexadecimal(_ host: [UInt8], _ port: Int) -> String {
        var text = ""
        for start in stride(from: 0, to: host.count, by: 4) {
            let word = host[start..<start + 4].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            text += padded(String(word, radix: 16, uppercase: true), to: 8)
        }
        return text + ":" + padded(String(port, radix: 16, uppercase: true), to: 4)
    }

    private static func padded(_ digits: String, to width: Int) -> String {
        String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
