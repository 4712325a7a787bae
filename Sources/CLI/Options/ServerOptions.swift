import ArgumentParser
import Codecs
import Server

/// What `serve` and `record` share beside what all servers do: their ports.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .customLong("listen"),
        help: ArgumentHelp(
            "A port and what it speaks; may be repeated. The host is 127.0.0.1 unless given; port 0 picks a free one; systemd:NAME:CODEC and fd:NUMBER:CODEC take a socket that listens already.",
            valueName: "[HOST:]PORT:CODEC[,KEY=VALUE…]"),
        transform: PortOption.argument)
    var listen: [PortOption] = []

    @OptionGroup var settings: SettingsOptions

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            "Pickle protocol of greetings and acknowledgements, 0 to 5 (default: 4).", valueName: "number"))
    var protocolVersion: Int?

    @OptionGroup(title: "TLS with the server behind") var upstreamTLS: UpstreamTLSOptions

    func validate() throws {
        if listen.isEmpty {
            throw ValidationError("no port: give --listen [HOST:]PORT:CODEC, such as --listen 12000:pickle")
        }
        if let protocolVersion, !(0...5).contains(protocolVersion) {
            throw ValidationError("--protocol is a number from 0 to 5")
        }
    }

    /// The ports that are meant; `defaults` and what holds for all of them apply where a port does not say it itself.
    func ports(defaults: PortSettings, serving: ServingOptions) throws -> [PortConfiguration] {
        let ports = try listen.map { option in
            var settings = defaults
            settings.tls = TLSTexts(serving.tls, upstreamTLS)
            settings.protocolVersion = settings.protocolVersion ?? protocolVersion
            do {
                for (key, value) in option.settings { try settings.set(key, to: value) }
                if option.settings.contains(where: { $0.key == .protocol }),
                    option.codec.payload.defaultSettings.protocolVersion == nil
                {
                    throw UsageFault("protocol= is the pickle protocol; this port speaks \(option.codec.name)")
                }
                return try configuration(option, settings, limits: serving.limits.limits)
            } catch let fault as UsageFault {
                throw ValidationError(fault.description)
            }
        }
        try checkUse(of: ports, serving)
        try checkPlaces(of: ports)
        return ports
    }

    /// An address that is listened on twice, or that relays to itself, is a mistake that the system would tell of in words that
    /// lead astray, or only once memory and ports are used up.
    private func checkPlaces(of ports: [PortConfiguration]) throws {
        let fixed = ports.filter { $0.port > 0 && $0.inherited == nil }
        for (place, port) in fixed.enumerated() {
            if fixed[..<place].contains(where: { $0.port == port.port && Self.overlap($0.host, port.host) }) {
                throw ValidationError("--listen names port \(port.port) twice: give each port once")
            }
            for relay in ports {
                guard case .relay(let host, port.port) = relay.role, Self.reaches(port.host, from: host) else {
                    continue
                }
                throw ValidationError(
                    "port \(relay.port) would relay to port \(port.port) of this very tapedeck, round and round: "
                        + "give the server its own port with --to or to=HOST:PORT")
            }
        }
    }

    /// Whether the same connection could come to both.
    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || left == "0.0.0.0" || right == "0.0.0.0"
    }

    private static func reaches(_ listened: String, from host: String) -> Bool {
        let own = ["127.0.0.1", "localhost", "::1"]
        return listened == host || (own.contains(host) && (own + ["0.0.0.0", "::"]).contains(listened))
    }

    /// An option that no port has a use for is a mistake.
    private func checkUse(of ports: [PortConfiguration], _ serving: ServingOptions) throws {
        let anyRelays = ports.contains { if case .relay = $0.role { true } else { false } }
        if TLSTexts(serving.tls, upstreamTLS).concernUpstream, !anyRelays {
            throw ValidationError("--to-tls is TLS with the server behind a relay, and no port relays: to=HOST:PORT")
        }
        if serving.keyLog != nil, !ports.contains(where: { $0.tls != nil || $0.upstreamTLS != nil }) {
            throw ValidationError("--tls-keylog logs the secrets of TLS, and no port speaks it: tls= or to-tls=")
        }
    }

    private func configuration(
        _ option: PortOption, _ settings: PortSettings, limits: DecodingLimits
    ) throws -> PortConfiguration {
        var writing = option.codec.payload.defaultSettings
        if let version = settings.protocolVersion, writing.protocolVersion != nil { writing.protocolVersion = version }
        let role: PortConfiguration.Role
        if let upstream = settings.upstream {
            if settings.reply != nil {
                throw UsageFault("a relay answers nothing itself: reply= and to= exclude each other")
            }
            if settings.delay != nil || !settings.faults.isEmpty || settings.faultSeed != nil {
                throw UsageFault(
                    "a relay passes every byte at once and unchanged: fault=, fault-seed= and delay= are for ports that answer"
                )
            }
            if settings.replyTimeout != nil {
                throw UsageFault("a relay answers nothing itself: reply-timeout= and to= exclude each other")
            }
            if let greeting = settings.greeting, greeting != "none" {
                throw UsageFault("a relay adds nothing to a conversation: greet= and to= exclude each other")
            }
            role = .relay(host: upstream.host, port: upstream.port)
        } else {
            if let (key, _) = option.settings.first(where: { $0.key.needsUpstream }) {
                throw UsageFault("\(key.rawValue)= goes with to=HOST:PORT, the server that a relay connects to")
            }
            let reply = settings.reply ?? .echo
            if settings.replyTimeout != nil {
                guard case .exec = reply else { throw UsageFault("reply-timeout= goes with reply=exec:COMMAND") }
            }
            var greeting = settings.greeting
            if case .recording = reply {
                // It has its own.
                greeting = greeting ?? "none"
            } else if settings.closesUnmatched != nil {
                throw UsageFault("unmatched= goes with reply=recording:FILE")
            }
            role = .answer(reply: reply, greeting: try PortSettings.greeting(greeting, codec: option.codec))
        }
        var port = PortConfiguration(
            host: option.host, port: option.port, codec: option.codec, settings: writing, limits: limits, role: role)
        port.inherited = option.inherited
        port.tls = try settings.tls.listener()
        port.faults = try settings.faultPlan()
        port.closesUnmatched = settings.closesUnmatched ?? false
        port.replyTimeout = settings.replyTimeout?.duration
        if settings.upstream != nil { port.upstreamTLS = try settings.tls.connection() }
        return port
    }
}
