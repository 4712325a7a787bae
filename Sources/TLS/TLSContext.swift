internal import Glibc
package import NIOCore
internal import NIOSSL

/// Takes each line of a key log, its line feed included. Called on any thread.
package typealias TLSKeyLog = @Sendable (ByteBuffer) -> Void

/// What the TLS connections of one port share: certificates, keys, trust. Made once, since it reads files.
///
/// TLS 1.2 or later, without ALPN: what is inside is the port's codec, and nothing is negotiated about it.
package struct TLSContext: Sendable {
    private enum Role: Sendable {
        case server
        /// The name is what the certificate must be for; nil for an address, which is no name (RFC 6066, 3).
        case client(name: String?)
    }

    private let context: NIOSSLContext
    private let role: Role
    /// How failures are told of.
    let wording: TLSHandshakeFailure.Wording

    /// For a port that is listened on.
    package init(_ settings: ListenerTLS, keyLog: TLSKeyLog? = nil) throws(TLSSetupError) {
        let (chain, key) = try TLSContext.read(settings.identity, keyOption: "tls-key=KEY.pem")
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        if let file = settings.clientAuthorityFile {
            configuration.trustRoots = .certificates(try PEMFile(file).certificates())
            configuration.certificateVerification = .noHostnameVerification
            configuration.sendCANameList = true
        }
        context = try TLSContext.make(configuration, keyLog, settings.identity)
        role = .server
        wording = TLSHandshakeFailure.Wording(peer: "client")
    }

    /// For connections to a server at `host`.
    package init(_ settings: UpstreamTLS, host: String, keyLog: TLSKeyLog? = nil) throws(TLSSetupError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch settings.trust {
        case .system: configuration.trustRoots = .default
        case .authorities(let file): configuration.trustRoots = .certificates(try PEMFile(file).certificates())
        case .anything: configuration.certificateVerification = .none
        }
        if let identity = settings.identity {
            let (chain, key) = try TLSContext.read(identity, keyOption: "to-tls-key=KEY.pem")
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        }
        context = try TLSContext.make(configuration, keyLog, settings.identity)
        role = .client(name: try TLSContext.serverName(settings.name, host: host))
        wording = TLSHandshakeFailure.Wording(peer: "server", expectedName: settings.name ?? host)
    }

    /// Puts TLS between the channel's socket and what will be added behind; on the channel's event loop.
    ///
    /// What is behind sees a plain connection that becomes active when the handshake is done.
    package func addHandlers(
        to channel: any Channel, handshakeLimit: TimeAmount, watcher: any TLSHandshakeWatcher
    ) throws {
        let handler: NIOSSLHandler
        switch role {
        case .server: handler = NIOSSLServerHandler(context: context)
        case .client(let name): handler = try NIOSSLClientHandler(context: context, serverHostname: name)
        }
        try channel.pipeline.syncOperations.addHandlers([
            TLSClosingHandler(), handler,
            TLSConnectionHandler(behind: handler, wording: wording, limit: handshakeLimit, watcher: watcher),
        ])
    }

    private static func read(
        _ identity: TLSIdentity, keyOption: String
    ) throws(TLSSetupError) -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
        let certificates = try PEMFile(identity.certificateFile)
        let chain = try certificates.certificates()
        let keys = try identity.keyFile.map { (file) throws(TLSSetupError) in try PEMFile(file) } ?? certificates
        return (chain, try keys.privateKey(option: keyOption))
    }

    private static func make(
        _ configuration: TLSConfiguration, _ keyLog: TLSKeyLog?, _ identity: TLSIdentity?
    ) throws(TLSSetupError) -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.renegotiationSupport = .none
        configuration.keyLogCallback = keyLog
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let reason = TLSHandshakeFailure.libraryReason(of: error)
            // The key itself was read before.
            if let identity, case NIOSSLError.failedToLoadPrivateKey? = error as? NIOSSLError {
                throw TLSSetupError(
                    .mismatchedKey,
                    "the private key in \(identity.keyFile ?? identity.certificateFile) is not that of the first "
                        + "certificate in \(identity.certificateFile)")
            }
            if case .some(.default) = configuration.trustRoots, configuration.certificateVerification != .none {
                throw TLSSetupError(
                    .noSystemAuthorities,
                    "this system's certificates of authorities cannot be read (\(reason)): install ca-certificates, "
                        + "or name the authorities with to-tls=CA.pem")
            }
            throw TLSSetupError(.refused, "TLS cannot be set up: \(reason)")
        }
    }

    private static func serverName(_ name: String?, host: String) throws(TLSSetupError) -> String? {
        guard let name else { return isAddress(host) ? nil : host }
        guard !isAddress(name), !name.isEmpty, name.utf8.count <= 255, !name.utf8.contains(0) else {
            throw TLSSetupError(
                .unusableName,
                "to-tls-name=\(name) is no name of a server: leave it out to have the address itself checked")
        }
        return name
    }

    private static func isAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }
}
