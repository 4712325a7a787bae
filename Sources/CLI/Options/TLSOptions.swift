import ArgumentParser
import TLS

/// TLS of ports that are listened on, where a port does not say it itself.
struct ListenerTLSOptions: ParsableArguments {
    @Option(
        name: .customLong("tls"),
        help: ArgumentHelp(
            "Speak TLS to clients, with the certificates of this PEM file (and the key, unless --tls-key names it).",
            valueName: "cert.pem"))
    var certificate: String?

    @Option(
        name: .customLong("tls-key"),
        help: ArgumentHelp("The certificate's private key; not encrypted.", valueName: "key.pem"))
    var key: String?

    @Option(
        name: .customLong("tls-client-ca"),
        help: ArgumentHelp(
            "Clients must show a certificate that an authority in this PEM file has signed.", valueName: "ca.pem"))
    var clientAuthorities: String?
}

/// TLS of connections to a server.
struct UpstreamTLSOptions: ParsableArguments {
    @Option(
        name: .customLong("to-tls"),
        help: ArgumentHelp(
            "Speak TLS to the server. Its certificate must come from an authority of the system, or of this PEM file; insecure accepts any.",
            valueName: "system|ca.pem|insecure"))
    var trust: String?

    @Option(
        name: .customLong("to-tls-name"),
        help: ArgumentHelp(
            "The name that the server is asked for (SNI) and its certificate must be for (default: its host).",
            valueName: "name"))
    var name: String?

    @Option(
        name: .customLong("to-tls-cert"),
        help: ArgumentHelp("The certificate that the server is shown, should it ask.", valueName: "cert.pem"))
    var certificate: String?

    @Option(
        name: .customLong("to-tls-key"),
        help: ArgumentHelp("That certificate's private key; not encrypted.", valueName: "key.pem"))
    var key: String?
}

/// The texts of a port's TLS settings, and what they mean together.
struct TLSTexts: Equatable {
    var certificate: String?
    var key: String?
    var clientAuthorities: String?
    var upstream: String?
    var upstreamName: String?
    var upstreamCertificate: String?
    var upstreamKey: String?

    init() {}

    init(_ listener: ListenerTLSOptions, _ upstream: UpstreamTLSOptions) {
        certificate = listener.certificate
        key = listener.key
        clientAuthorities = listener.clientAuthorities
        self.upstream = upstream.trust
        upstreamName = upstream.name
        upstreamCertificate = upstream.certificate
        upstreamKey = upstream.key
    }

    /// Whether they say anything of a server that is connected to.
    var concernUpstream: Bool {
        upstream != nil || upstreamName != nil || upstreamCertificate != nil || upstreamKey != nil
    }

    /// TLS with clients; nil: none.
    func listener() throws(UsageFault) -> ListenerTLS? {
        if certificate == "none" { return nil }
        guard let certificate else {
            if key != nil { throw UsageFault("tls-key goes with tls=CERT.pem, the certificate whose key it is") }
            if clientAuthorities != nil {
                throw UsageFault("tls-client-ca goes with tls=CERT.pem: only TLS asks clients for certificates")
            }
            return nil
        }
        return ListenerTLS(
            identity: TLSIdentity(
                certificateFile: try Self.file(certificate, "tls"), keyFile: try key.map(Self.file("tls-key"))),
            clientAuthorityFile: try clientAuthorities.map(Self.file("tls-client-ca")))
    }

    /// TLS with a server; nil: none.
    func connection() throws(UsageFault) -> UpstreamTLS? {
        if upstream == "none" { return nil }
        guard let upstream else {
            if concernUpstream {
                throw UsageFault(
                    "to-tls-name, to-tls-cert and to-tls-key go with to-tls: system, CA.pem or insecure")
            }
            return nil
        }
        if upstreamKey != nil, upstreamCertificate == nil {
            throw UsageFault("to-tls-key goes with to-tls-cert=CERT.pem, the certificate whose key it is")
        }
        let trust: UpstreamTLS.Trust =
            switch upstream {
            case "system": .system
            case "insecure": .anything
            case let file: .authorities(file: try Self.file(file, "to-tls"))
            }
        var identity: TLSIdentity?
        if let certificate = upstreamCertificate {
            identity = TLSIdentity(
                certificateFile: try Self.file(certificate, "to-tls-cert"),
                keyFile: try upstreamKey.map(Self.file("to-tls-key")))
        }
        return UpstreamTLS(trust: trust, name: upstreamName, identity: identity)
    }

    private static func file(_ path: String, _ key: String) throws(UsageFault) -> String {
        guard !path.isEmpty else { throw UsageFault("\(key) names no file") }
        return path
    }

    private static func file(_ key: String) -> (String) throws(UsageFault) -> String {
        { (path) throws(UsageFault) in try file(path, key) }
    }
}
