internal import Glibc

/// What TLS connections of a capture carry, decrypted by tshark, which has what it takes: this program decrypts nothing itself.
///
/// tshark reads the capture as well, and prints a line for each packet that completes something, in the order of packets; they are
/// read as far as the import has come. Its process ends with this object.
final class TLSDecryption {
    private let process: pid_t
    private let output: UnsafeMutablePointer<FILE>
    private var line: UnsafeMutablePointer<CChar>?
    private var lineCapacity = 0
    /// The packet and the fields of the line that was read last, until its turn comes.
    private var waiting: (packet: Int, fields: [Substring])?
    private var isAtEnd = false
    private var pieces = DecryptedPieces(limit: maximumPieceBytes)

    /// So much waits at most for the packets that complete it.
    private static let maximumPieceBytes = 16 << 20
    /// Where the process finds a file of keys that has no name.
    private static let keysDescriptor: Int32 = 3
    private static let keysInChild = "/proc/self/fd/\(keysDescriptor)"
    /// There are some 3,000 of them.
    private static let maximumProtocols = 20_000
    /// What tshark reads of a packet. All other protocols are left out: which one a connection agreed on inside of TLS (ALPN) is told of to
    /// their dissectors before anything that is asked for, and these would take the bytes.
    private static let protocols: Set<Substring> = [
        "frame", "eth", "ethertype", "vlan", "ieee8021ad", "pppoes", "ppp", "sll", "null", "raw", "ip", "ipv6", "ah",
        "mipv6",
        "tcp", "tls", "data",
    ]

    /// Starts tshark. Nil where it cannot be started: it is not installed.
    ///
    /// - Parameters:
    ///   - keyLog: a file of keys, as `SSLKEYLOGFILE` has them; of those in the capture the ones that stand before their packets are used in
    ///     any case.
    ///   - keys: a file of keys that takes the place of `keyLog`.
    ///   - ports: where TLS is spoken; none: anywhere.
    init?(capture: String, keyLog: String?, keys: NamelessFile?, ports: [Int]) {
        var arguments = ["tshark", "-n", "-r", capture]
        // What came out of order is put in order, as the import does.
        arguments += ["-o", "tcp.reassemble_out_of_order:TRUE"]
        if let path = keys.map({ _ in Self.keysInChild }) ?? keyLog { arguments += ["-o", "tls.keylog_file:\(path)"] }
        for name in Self.otherProtocols() { arguments += ["--disable-protocol", name] }
        for port in ports.isEmpty ? ["1-65535"] : ports.map(String.init) {
            arguments += ["-d", "tcp.port==\(port),tls"]
        }
        arguments += ["-Y", "tls && data", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
        for field in [
            "frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "data.data",
        ] {
            arguments += ["-e", field]
        }
        guard let (process, descriptor) = Self.start(arguments, keys) else { return nil }
        guard let output = fdopen(descriptor, "r") else {
            close(descriptor)
            return nil
        }
        (self.process, self.output) = (process, output)
        // Where it cannot be found the child may only tell by ending at once.
        read()
        if isAtEnd, waiting == nil, Self.status(of: process) == 127 { return nil }
    }

    deinit {
        fclose(output)
        free(line)
        kill(process, SIGTERM)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// The protocols that tshark knows and that are not to be read.
    private static func otherProtocols() -> [String] {
        guard let (process, descriptor) = start(["tshark", "-G", "protocols"]) else { return [] }
        defer {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
        guard let output = fdopen(descriptor, "r") else {
            close(descriptor)
            return []
        }
        defer { fclose(output) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var names: [String] = []
        while getline(&line, &capacity, output) > 0, let line, names.count < maximumProtocols {
            // Its name, a short one, and the one that options take.
            let fields = String(cString: line).split(whereSeparator: { $0 == "\t" || $0 == "\n" })
            guard fields.count >= 3, !protocols.contains(fields[2]), !fields[2].hasPrefix("ipv6.") else { continue }
            names.append(String(fields[2]))
        }
        return names
    }

    private static func status(of process: pid_t) -> Int32 {
        var information = siginfo_t()
        // It stays there to be waited for.
        guard waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return 0 }
        return information._sifields._sigchld.si_status
    }

    private static func start(_ arguments: [String], _ keys: NamelessFile? = nil) -> (pid_t, Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        if let keys { posix_spawn_file_actions_adddup2(&actions, keys.descriptor, keysDescriptor) }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        let number = posix_spawnp(&process, arguments[0], &actions, nil, &pointers, environ)
        close(ends[1])
        guard number == 0 else {
            close(ends[0])
            return nil
        }
        return (process, ends[0])
    }

    /// Reads the next line into `waiting`.
    private func read() {
        let count = getline(&line, &lineCapacity, output)
        guard count > 0, let line else {
            isAtEnd = true
            return
        }
        let text = String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self)
        let fields = text.dropLast().split(separator: "\t", omittingEmptySubsequences: false)
        waiting = fields.count == 8 ? Int(fields[0]).map { ($0, fields) } : nil
    }

    /// From now on a session takes what is inside this connection.
    func follow(_ client: IPEndpoint, _ server: IPEndpoint) {
        pieces.follow(DecryptedPieces.Way(source: client, destination: server))
        pieces.follow(DecryptedPieces.Way(source: server, destination: client))
    }

    /// Nobody takes it any more.
    func leave(_ client: IPEndpoint, _ server: IPEndpoint) {
        pieces.leave(DecryptedPieces.Way(source: client, destination: server))
        pieces.leave(DecryptedPieces.Way(source: server, destination: client))
    }

    /// What has been decrypted of one way up to a packet, and was not taken yet.
    func take(from source: IPEndpoint, to destination: IPEndpoint, upTo packet: Int) -> DecryptedPieces.Piece {
        while !isAtEnd {
            if let next = waiting {
                guard next.packet <= packet else { break }
                keep(next.fields)
                waiting = nil
            }
            read()
        }
        return pieces.take(DecryptedPieces.Way(source: source, destination: destination))
    }

    private func keep(_ fields: [Substring]) {
        guard let source = Self.endpoint(fields[1], fields[2], fields[3]),
            let destination = Self.endpoint(fields[4], fields[5], fields[6])
        else { return }
        let way = DecryptedPieces.Way(source: source, destination: destination)
        guard pieces.isFollowed(way) else { return }
        pieces.add(Self.bytes(ofHex: fields[7]), way)
    }

    /// The end that two fields of addresses and one of a port tell; of tunnels the inner one.
    private static func endpoint(_ version4: Substring, _ version6: Substring, _ port: Substring) -> IPEndpoint? {
        let text = (version4.isEmpty ? version6 : version4).split(separator: ",").last
        guard let address = text.flatMap({ IPAddress($0) }), let number = UInt16(port) else { return nil }
        return IPEndpoint(address: address, port: number)
    }

    /// The bytes behind hexadecimal digits, with commas between packets.
    private static func bytes(ofHex digits: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.utf8.count / 2)
        var upper: UInt8?
        for digit in digits.utf8 {
            let half: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): half = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): half = digit - UInt8(ascii: "a") + 10
            default: continue
            }
            if let first = upper {
                bytes.append(first << 4 | half)
                upper = nil
            } else {
                upper = half
            }
        }
        return bytes
    }
}

@available(*, unavailable)
extension TLSDecryption: Sendable {}
