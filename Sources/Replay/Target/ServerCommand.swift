internal import Glibc
internal import Recorder

/// The command that starts a server, with placeholders for the ports it is to listen on.
package enum ServerCommand {
    /// The command with free ports in their places: `{port}` is the free port where one port was recorded,
    /// `{port:12000}` that of the recorded port 12000. `{{port}}` stays as `{port}` and `{{port:12000}}` as
    /// `{port:12000}`; what was put in is not looked at again.
    ///
    /// `ports`: the free port of each recorded one.
    package static func expand(_ command: String, ports: [Int: Int]) throws(ServerProcessError) -> String {
        var result: [UInt8] = []
        var rest = Array(command.utf8)[...]
        while let first = rest.first {
            if first != UInt8(ascii: "{") {
                result.append(first)
                rest = rest.dropFirst()
            } else if let placeholder = Placeholder(at: rest, doubled: true) {
                result.append(contentsOf: rest[placeholder.range].dropFirst().dropLast())
                rest = rest[placeholder.range.upperBound...]
            } else if let placeholder = Placeholder(at: rest, doubled: false) {
                result.append(contentsOf: String(try freePort(for: placeholder.port, ports: ports)).utf8)
                rest = rest[placeholder.range.upperBound...]
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func freePort(for recorded: Int?, ports: [Int: Int]) throws(ServerProcessError) -> Int {
        let known = ports.keys.sorted().map { "{port:\($0)}" }.joined(separator: ", ")
        if let recorded {
            if let port = ports[recorded] { return port }
            let there = known.isEmpty ? "none" : known
            throw ServerProcessError(
                .badCommand, "the command has {port:\(recorded)}, but that port was not recorded; there is \(there)")
        }
        if let port = ports.first?.value, ports.count == 1 { return port }
        throw ServerProcessError(
            .badCommand,
            ports.isEmpty
                ? "the command has {port}, but no port was recorded"
                : "the command has {port}, but several ports were recorded: say which, as \(known)")
    }

    /// Free TCP ports of 127.0.0.1, all different, for these recorded ones. Nobody holds them: another program may
    /// take one before the server does.
    package static func freePorts(for recorded: [Int]) throws(ServerProcessError) -> [Int: Int] {
        var ports: [Int: Int] = [:]
        var held: [Int32] = []
        defer { for descriptor in held { close(descriptor) } }
        for number in recorded where ports[number] == nil {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            if descriptor >= 0 { held.append(descriptor) }
            guard descriptor >= 0, let port = bindToFreePort(descriptor) else {
                throw ServerProcessError(.cannotStart, "cannot find a free port: \(systemMessage(errno))")
            }
            ports[number] = port
        }
        return ports
    }

    /// A free TCP port of 127.0.0.1.
    package static func freePort() throws(ServerProcessError) -> Int {
        try freePorts(for: [0])[0] ?? 0
    }

    private static func bindToFreePort(_ descriptor: Int32) -> Int? {
        // As `sockaddr_in` has it, whose members an optimising build finds in no module of ours: the port in two bytes, the
        // host in four.
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_INET)
        address.sa_data.2 = 127
        address.sa_data.5 = 1
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        guard bind(descriptor, &address, length) == 0, getsockname(descriptor, &address, &length) == 0 else {
            return nil
        }
        let (high, low) = (UInt8(bitPattern: address.sa_data.0), UInt8(bitPattern: address.sa_data.1))
        return Int(high) << 8 | Int(low)
    }

    /// `{port}` or `{port:DIGITS}`, or either in double braces, at the start of some text.
    private struct Placeholder {
        var range: Range<Int>
        /// The recorded port, if it names one.
        var port: Int?

        init?(at text: ArraySlice<UInt8>, doubled: Bool) {
            let (opening, closing) = doubled ? ("{{port", "}}") : ("{port", "}")
            guard text.starts(with: opening.utf8) else { return nil }
            var rest = text.dropFirst(opening.utf8.count)
            if rest.first == UInt8(ascii: ":") {
                let digits = rest.dropFirst().prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
                port = number
                rest = rest[digits.endIndex...]
            }
            guard rest.starts(with: closing.utf8) else { return nil }
            range = text.startIndex..<rest.startIndex + closing.utf8.count
        }
    }
}
