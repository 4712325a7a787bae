internal import Glibc

/// What TLS connections of a capture carry, decrypted by tshark, which has what it takes: this program decrypts nothing itself.
///
/// tshark reads the capture as well, and prints a line for each packet that completes something, in the order of packets; they are
/// read as far as the import has come. Its process ends with this object.
final class TLSDecryption {
    /// One end to another.
    struct Way: Hashable {
        var source: IPEndpoint
        var destination: IPEndpoint
    }

    private let process: pid_t
    private let output: UnsafeMutablePointer<FILE>
    private var line: UnsafeMutablePointer<CChar>?
    private var lineCapacity = 0
    /// The packet and the fields of the line that was read last, until its turn comes.
    private var waiting: (packet: Int, fields: [Substring])?
    private var isAtEnd = false
    /// What was decrypted and nobody has taken yet.
    private var pieces: [Way: [UInt8]] = [:]
    private var pieceBytes = 0

    /// More is not kept for connections that nobody asks for.
    private static let maximumPieceBytes = 16 << 20

    /// Starts tshark. Nil where it cannot be started: it is not installed.
    ///
    /// - Parameters:
    ///   - keyLog: a file of keys, as `SSLKEYLOGFILE` has them; those in the capture are used in any case.
    ///   - ports: where TLS is spoken.
    init?(capture: String, keyLog: String?, ports: [Int]) {
        var arguments = ["tshark", "-n", "-r", capture]
        if let keyLog { arguments += ["-o", "tls.keylog_file:\(keyLog)"] }
        for port in ports { arguments += ["-d", "tcp.port==\(port),tls", "-d", "tls.port==\(port),data"] }
        arguments += ["-Y", "tls && data", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
        for field in [
            "frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "data.data",
        ] {
            arguments += ["-e", field]
        }
        guard let (process, descriptor) = Self.start(arguments) else { return nil }
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

    private static func status(of process: pid_t) -> Int32 {
        var information = siginfo_t()
        // It stays there to be waited for.
        guard waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return 0 }
        return information._sifields._sigchld.si_status
    }

    private static func start(_ arguments: [String]) -> (pid_t, Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
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

    /// What has been decrypted of one way up to a packet, and was not taken yet.
    func take(_ way: Way, upTo packet: Int) -> [UInt8] {
        while !isAtEnd {
            if let next = waiting {
                guard next.packet <= packet else { break }
                keep(next.fields)
                waiting = nil
            }
            read()
        }
        guard let found = pieces.removeValue(forKey: way) else { return [] }
        pieceBytes -= found.count
        return found
    }

    private func keep(_ fields: [Substring]) {
        guard let source = Self.endpoint(fields[1], fields[2], fields[3]),
            let destination = Self.endpoint(fields[4], fields[5], fields[6])
        else { return }
        let bytes = Self.bytes(ofHex: fields[7])
        guard pieceBytes + bytes.count <= Self.maximumPieceBytes else { return }
        pieceBytes += bytes.count
        pieces[Way(source: source, destination: destination), default: []] += bytes
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
