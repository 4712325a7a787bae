import ArgumentParser
import Codecs
import Server

/// `[HOST:]PORT:CODEC[,KEY=VALUE…]`; in place of host and port also `systemd:NAME` or `fd:NUMBER`, a socket that this
/// process was started with.
struct PortOption: Sendable {
    let host: String
    let port: Int
    let inherited: PortConfiguration.InheritedSocket?
    let codec: Codec
    /// The settings behind the codec, in their order.
    var settings: [(key: PortSettings.Key, value: String)]

    private init(
        _ address: AddressOption, _ inherited: PortConfiguration.InheritedSocket?, codec: Codec,
        settings: [(key: PortSettings.Key, value: String)]
    ) {
        host = address.host
        port = address.port
        self.inherited = inherited
        self.codec = codec
        self.settings = settings
    }

    /// Reads the argument of an option.
    static func argument(_ text: String) throws -> PortOption {
        do { return try parse(text) } catch { throw ValidationError(error.description) }
    }

    /// Reads the text; the error says which part is wrong.
    static func parse(_ text: String) throws(UsageFault) -> PortOption {
        var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let main = parts.removeFirst()
        guard let colon = main.lastIndex(of: ":") else {
            throw UsageFault("\"\(text)\" lacks a codec: write [HOST:]PORT:CODEC, such as 12000:pickle")
        }
        let codec: Codec
        do { codec = try CodecRegistry.codec(named: String(main[main.index(after: colon)...])) } catch {
            throw UsageFault(error.description)
        }
        let place = String(main[..<colon])
        guard !place.isEmpty else {
            throw UsageFault("\"\(text)\" lacks a port: write [HOST:]PORT:CODEC, such as 12000:pickle")
        }
        let inherited = try inheritedSocket(place)
        let address =
            inherited == nil
            ? try AddressOption.parse(place, defaultHost: "127.0.0.1") : AddressOption(host: place, port: 0)
        return PortOption(address, inherited, codec: codec, settings: try settings(parts))
    }

    private static func inheritedSocket(_ place: String) throws(UsageFault) -> PortConfiguration.InheritedSocket? {
        if place.hasPrefix("systemd:") {
            let name = String(place.dropFirst(8))
            guard !name.isEmpty else {
                throw UsageFault("\"\(place)\": behind systemd: stands the socket's name (FileDescriptorName=)")
            }
            return .named(name)
        }
        guard place.hasPrefix("fd:") else { return nil }
        guard let number = Int32(place.dropFirst(3)), number > 2 else {
            throw UsageFault("\"\(place)\": behind fd: stands the number of an open descriptor, from 3")
        }
        return .descriptor(number)
    }

    /// Where it listens, as the option has it.
    var place: String {
        switch inherited {
        case nil: hostAndPort(host, port)
        case .descriptor(let number): "fd:\(number)"
        case .named(let name): "systemd:\(name)"
        }
    }

    /// The option's text.
    var text: String {
        "\(place):\(codec.name)" + settings.map { ",\($0.key.rawValue)=\($0.value)" }.joined()
    }

    /// A comma may stand inside a value (`greet={"a":1,"b":2}`, `reply=exec:tr a,b c,d`): only one before a known key begins another setting.
    private static func settings(
        _ parts: [String]
    ) throws(UsageFault) -> [(key: PortSettings.Key, value: String)] {
        var found: [(key: PortSettings.Key, value: String)] = []
        for part in parts {
            let name = part.prefix { $0 != "=" }
            if part.contains("="), let key = PortSettings.Key(rawValue: String(name)) {
                found.append((key, String(part.dropFirst(name.count + 1))))
            } else if let last = found.indices.last, mayHoldComma(found[last].value) {
                found[last].value += "," + part
            } else {
                throw UsageFault(unknown(part))
            }
        }
        return found
    }
}

extension PortOption {
    /// What is wrong with a setting of no known name.
    private static func unknown(_ setting: String) -> String {
        let known = PortSettings.Key.allCases.map(\.rawValue)
        let name = String(setting.prefix { $0 != "=" })
        if known.contains(name) { return "the setting \"\(setting)\" of a port lacks its value: \(name)=…" }
        if let near = NearMiss.word(near: name, in: known) {
            return "unknown setting \"\(setting)\" of a port: did you mean \"\(near)=\"?"
        }
        let list = known.map { "\($0)=" }.joined(separator: ", ")
        return "unknown setting \"\(setting)\" of a port. There are: \(list)"
    }

    /// Whether a comma in that value need not end it: in JSON, in commands, and where a fault says what an answer holds.
    private static func mayHoldComma(_ value: String) -> Bool {
        value.first == "{" || value.first == "[" || value.hasPrefix("exec:") || value.contains("@$")
            || value.contains("@\"")
    }
}

/// `[HOST:]PORT`, with an IPv6 address in brackets.
struct AddressOption: Sendable, Equatable {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads the argument of an option.
    static func argument(_ text: String) throws -> AddressOption {
        do { return try parse(text, defaultHost: "127.0.0.1") } catch { throw ValidationError(error.description) }
    }

    private static let example = "12000 or 127.0.0.1:12000"

    /// Reads the argument of an option that says where to connect to: a port that is picked is none of these.
    static func server(_ text: String) throws(UsageFault) -> AddressOption {
        let address = try parse(text, defaultHost: "127.0.0.1")
        guard address.port > 0 else { throw UsageFault("\"\(text)\": a port to connect to is from 1 to 65535") }
        return address
    }

    static func parse(_ text: String, defaultHost: String) throws(UsageFault) -> AddressOption {
        var host = defaultHost
        var digits = text
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            digits = String(text[text.index(after: colon)...])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                throw UsageFault("\"\(text)\": write an IPv6 address in brackets, such as [::1]:12000")
            }
        }
        guard !digits.isEmpty else {
            throw UsageFault("the port is missing in \"\(text)\": write [HOST:]PORT, such as \(example)")
        }
        guard digits.utf8.allSatisfy({ $0 &- 48 < 10 }), let port = Int(digits), port <= 65_535 else {
            if digits == text, !digits.hasPrefix("-") {
                throw UsageFault("\"\(text)\" is no port, a number up to 65535: write [HOST:]PORT, such as \(example)")
            }
            throw UsageFault("\"\(digits)\" is no port: a number from 0 to 65535 is expected in \"\(text)\"")
        }
        guard !host.isEmpty else { throw UsageFault("the host is missing in \"\(text)\"") }
        return AddressOption(host: host, port: port)
    }
}

/// What is wrong with an argument; a sentence.
struct UsageFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What can be set for one port, or as an option for all.
struct PortSettings {
    /// Keys behind a port; the same as options apply to every port.
    enum Key: String, CaseIterable, Sendable {
        case reply
        case replyTimeout = "reply-timeout"
        case unmatched
        case delay
        case fault
        case faultSeed = "fault-seed"
        case greet
        case to
        case `protocol`
        case tls
        case tlsKey = "tls-key"
        case tlsClientAuthorities = "tls-client-ca"
        case upstreamTLS = "to-tls"
        case upstreamTLSName = "to-tls-name"
        case upstreamTLSCertificate = "to-tls-cert"
        case upstreamTLSKey = "to-tls-key"

        /// What a value in a project file means, whose paths are counted from that file's folder.
        func resolved(_ value: String, folder: String) -> String {
            switch self {
            case .tls, .tlsKey, .tlsClientAuthorities, .upstreamTLS, .upstreamTLSCertificate, .upstreamTLSKey:
                ServerSetting.isPath(rawValue, value) ? ServerSetting.path(value, in: folder) : value
            case .reply: ServerSetting.reply(value, in: folder)
            case .replyTimeout, .unmatched, .delay, .fault, .faultSeed, .greet, .to, .protocol, .upstreamTLSName: value
            }
        }

        /// It concerns the server that a relay connects to.
        var needsUpstream: Bool {
            switch self {
            case .upstreamTLS, .upstreamTLSName, .upstreamTLSCertificate, .upstreamTLSKey: true
            case .reply, .replyTimeout, .unmatched, .delay, .fault, .faultSeed, .greet, .to, .protocol, .tls, .tlsKey,
                .tlsClientAuthorities:
                false
            }
        }
    }

    /// Says what is wrong with a setting by itself.
    static func check(_ key: Key, _ value: String) throws(UsageFault) {
        var settings = PortSettings()
        try settings.set(key, to: value)
        if key == .greet { try checkGreeting(value) }
    }

    /// Says what is wrong with a greeting in any codec.
    static func checkGreeting(_ text: String) throws(UsageFault) {
        guard let codec = try? CodecRegistry.codec(named: "json") else { return }
        _ = try greeting(text, codec: codec)
    }

    var reply: PortConfiguration.Reply?
    var replyTimeout: TimeSpan?
    var closesUnmatched: Bool?
    /// The delay of every answer.
    var delay: FaultRule?
    var faults: [FaultRule] = []
    var faultSeed: UInt64?
    var greeting: String?
    var upstream: AddressOption?
    var protocolVersion: Int?
    var tls = TLSTexts()

    /// What is done wrong on the port, and how long its answers are held back.
    func faultPlan() throws(UsageFault) -> FaultPlan {
        let plan = FaultPlan(rules: [delay].compactMap { $0 } + faults, seed: faultSeed ?? 0)
        if faultSeed != nil, plan.rules.isEmpty { throw UsageFault("fault-seed= goes with fault= or delay=") }
        return plan
    }

    mutating func set(_ key: Key, to value: String) throws(UsageFault) {
        switch key {
        case .reply: reply = try ReplyOption.parse(value)
        case .replyTimeout:
            guard let time = TimeSpan(argument: value), time.duration > .zero else {
                throw UsageFault("\"reply-timeout=\(value)\" is no time, such as 2s or 500ms")
            }
            replyTimeout = time
        case .unmatched:
            guard value == "close" || value == "keep" else {
                throw UsageFault("\"unmatched=\(value)\": there are keep and close")
            }
            closesUnmatched = value == "close"
        case .delay: delay = try FaultOption.delay(value)
        case .fault: faults.append(try FaultOption.parse(value))
        case .faultSeed:
            guard let seed = UInt64(value) else { throw UsageFault("\"fault-seed=\(value)\" is no number from 0 on") }
            faultSeed = seed
        case .greet: greeting = value
        case .to:
            let address = try AddressOption.parse(value, defaultHost: "127.0.0.1")
            guard address.port > 0 else { throw UsageFault("\"to=\(value)\": a port to connect to is from 1 to 65535") }
            upstream = address
        case .protocol:
            guard let version = Int(value), (0...5).contains(version) else {
                throw UsageFault("\"protocol=\(value)\": a pickle protocol is a number from 0 to 5")
            }
            protocolVersion = version
        case .tls: tls.certificate = value
        case .tlsKey: tls.key = value
        case .tlsClientAuthorities: tls.clientAuthorities = value
        case .upstreamTLS: tls.upstream = value
        case .upstreamTLSName: tls.upstreamName = value
        case .upstreamTLSCertificate: tls.upstreamCertificate = value
        case .upstreamTLSKey: tls.upstreamKey = value
        }
    }

    /// The greeting that is meant: `clientid`, `none`, or a JSON value.
    static func greeting(_ text: String?, codec: Codec) throws(UsageFault) -> Greeting? {
        // Raw bytes have no agreed way to say it; the others greet as the lab server does.
        switch text ?? (codec.payload.isStructured ? "clientid" : "none") {
        case "none": return nil
        case "clientid": return .clientID
        case let template:
            let tree = ValueTree()
            do throws(PayloadError) {
                try JSONFormat().decode(Array(template.utf8).span.bytes, into: tree, limits: DecodingLimits())
            } catch {
                throw UsageFault(
                    "\"greet=\(template)\" is neither clientid, none nor JSON: at byte \(error.offset), \(error.reason)"
                )
            }
            return Greeting(template: template)
        }
    }
}
