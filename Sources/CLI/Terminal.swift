import ArgumentParser
internal import Glibc

/// When colours are used.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never
}

/// The two streams of a terminal program: results on stdout, everything else on stderr.
enum Terminal {
    /// Whether a stream gets colours: on a terminal, unless `NO_COLOR` is set (no-color.org).
    static func usesColour(_ choice: ColourChoice, descriptor: Int32) -> Bool {
        switch choice {
        case .always: return true
        case .never: return false
        case .auto:
            let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
            return !noColour && isatty(descriptor) == 1
        }
    }

    /// Writes to stdout. False when nobody reads it any more.
    @discardableResult
    static func write(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// Writes a line to stderr.
    static func log(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

    /// Says on stderr why it cannot be done.
    static func complain(_ error: any Error) { log("tapedeck: \(error)") }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
