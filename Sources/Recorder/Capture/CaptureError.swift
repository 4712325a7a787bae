internal import Glibc

/// Why packets cannot be captured, written or read: which file, and what to do.
package struct CaptureError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file cannot be made.
        case cannotOpen
        /// The process may not capture; the reason says how to get the right.
        case noRight
        /// The interface, the filter or libpcap itself refuses.
        case cannotCapture
        /// A write failed; the file ends with the last whole packet before it.
        case cannotWrite
        /// The file cannot be opened or read.
        case cannotRead
        /// The file is no capture, or one of a kind that is not read.
        case foreign
        /// The file is damaged; what stood before that was read.
        case damaged
    }

    package var code: Code
    /// The capture file.
    package var path: String
    package var reason: String

    package init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    init(_ problem: PacketSource.Problem, _ path: String) {
        switch problem {
        case .noRight: self.init(.noRight, path, Self.howToGetTheRight)
        case .failed(let reason): self.init(.cannotCapture, path, reason)
        }
    }

    package var description: String { "\(path.isEmpty ? "\"\"" : TerminalText.escaped(path)): \(reason)" }

    private static var howToGetTheRight: String {
        """
        this process may not capture packets; `sudo setcap cap_net_raw,cap_net_admin+eip \(programForShell)` gives it \
        the right, and `--capture-from sockets` needs none
        """
    }

    /// This program as a shell has to be given it.
    private static var programForShell: String {
        var program = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = program.withUnsafeMutableBytes { buffer in
            buffer.assumingMemoryBound(to: CChar.self).baseAddress.map {
                readlink("/proc/self/exe", $0, buffer.count)
            } ?? 0
        }
        let name = count > 0 ? String(decoding: program.prefix(count), as: UTF8.self) : "tapedeck"
        let isPlain = name.utf8.allSatisfy { byte in
            "/._-+".utf8.contains(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        }
        let parts = name.split(separator: "'", omittingEmptySubsequences: false)
        return isPlain ? name : "'" + parts.joined(separator: "'\\''") + "'"
    }
}
