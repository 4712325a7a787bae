package import Testing

/// Wireshark's reader of captures, as a judge of ours.
package enum Tshark {
    /// Whether it is installed.
    package static let isInstalled = (try? ShortProgram.run("tshark", ["--version"]).status) == 0
    package static let lacking: Comment = "tshark is not installed"

    /// What it prints with these options of a file.
    package static func read(_ path: String, _ options: [String]) async throws -> String {
        let program = try RunningProgram("tshark", ["-n", "-r", path] + options)
        guard try await program.exit() == .status(0) else { throw Failure(text: program.complaints) }
        return program.output
    }

    /// The fields of every packet that a filter takes.
    package static func fields(_ names: [String], of path: String, where filter: String = "") async throws -> [[String]]
    {
        let options = names.flatMap { ["-e", $0] } + (filter.isEmpty ? [] : ["-Y", filter])
        return try await read(path, ["-T", "fields"] + options).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The packets that it finds something wrong with: warnings and errors, and checksums that do not fit.
    package static func complaints(of path: String) async throws -> [String] {
        let checks = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"].flatMap { ["-o", $0] }
        let filter = "_ws.expert.severity >= \"Warning\" or _ws.malformed"
        return try await read(path, checks + ["-Y", filter]).split(separator: "\n").map(String.init)
    }

    /// The bytes that each side of some TCP streams sent, the client's first.
    package static func follow(
        _ path: String, streams: Range<Int>
    ) async throws -> [(client: [UInt8], server: [UInt8])] {
        let text = try await read(path, ["-q"] + streams.flatMap { ["-z", "follow,tcp,raw,\($0)"] })
        var found: [(client: [UInt8], server: [UInt8])] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "Node 0".utf8) {
                found.append(([], []))
            } else if found.isEmpty || line.starts(with: "=".utf8) || line.contains(UInt8(ascii: ":")) {
                continue
            } else if line.first == UInt8(ascii: "\t") {
                found[found.count - 1].server += hex(line.dropFirst())
            } else {
                found[found.count - 1].client += hex(line)
            }
        }
        // It tells of the last one first.
        return found.reversed()
    }

    /// What `LENGTH SHA256` each side of some TCP streams sent, the client's first. Made by Python, since so much text
    /// keeps a thread busy here for seconds.
    package static func digests(_ path: String, streams: Range<Int>) async throws -> [String] {
        let program = try RunningProgram(
            "python3",
            [
                "-c",
                """
                import hashlib, subprocess, sys
                options = [part for stream in sys.argv[2:] for part in ('-z', f'follow,tcp,raw,{stream}')]
                text = subprocess.run(['tshark', '-n', '-q', '-r', sys.argv[1], *options], check=True, capture_output=True).stdout
                found = []
                for line in text.splitlines():
                    if line.startswith(b'Node 0'): found.append((bytearray(), bytearray()))
                    elif found and b':' not in line and b'=' not in line:
                        found[-1][line.startswith(b'\\t')].extend(bytes.fromhex(line.decode()))
                # It tells of the last one first.
                for sides in reversed(found):
                    for side in sides: print(len(side), hashlib.sha256(side).hexdigest())
                """, path,
            ] + streams.map(String.init))
        guard try await program.exit() == .status(0) else { throw Failure(text: program.complaints) }
        return program.output.split(separator: "\n").map(String.init)
    }

    /// The bytes that each side of the first TCP stream sent.
    package static func follow(_ path: String) async throws -> (client: [UInt8], server: [UInt8]) {
        try await follow(path, streams: 0..<1).first ?? ([], [])
    }

    /// The bytes behind hexadecimal digits.
    package static func hex(_ digits: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var upper: UInt8?
        for digit in digits {
            let half = digit < 0x40 ? digit &- 0x30 : (digit | 0x20) &- 0x57
            if let first = upper {
                bytes.append(first << 4 | half)
                upper = nil
            } else {
                upper = half
            }
        }
        return bytes
    }

    /// It could not read the file.
    package struct Failure: Error, CustomStringConvertible {
        var text: String

        package var description: String { "tshark: \(text)" }
    }
}
