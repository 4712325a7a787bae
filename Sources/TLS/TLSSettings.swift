/// How a program shows who it is: the files of its certificate and private key.
package struct TLSIdentity: Sendable, Hashable {
    /// A PEM file: the certificate, and behind it those between it and the authority.
    package var certificateFile: String
    /// A PEM file with the certificate's private key; nil where that stands in the certificate's file.
    package var keyFile: String?

    package init(certificateFile: String, keyFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// TLS of a port that is listened on.
package struct ListenerTLS: Sendable, Hashable {
    /// What clients are shown.
    package var identity: TLSIdentity
    /// A PEM file of authorities: clients must show a certificate that one of them signed. Nil: none is asked for.
    package var clientAuthorityFile: String?

    package init(identity: TLSIdentity, clientAuthorityFile: String? = nil) {
        self.identity = identity
        self.clientAuthorityFile = clientAuthorityFile
    }
}

/// TLS of a connection to a server.
package struct UpstreamTLS: Sendable, Hashable {
    /// Whose certificates are accepted.
    package enum Trust: Sendable, Hashable {
        /// Those that the system's authorities have signed.
        case system
        /// Those that an authority of this PEM file has signed, and one that signed itself and stands in it.
        case authorities(file: String)
        /// Any, unchecked.
        case anything
    }

    package var trust: Trust
    /// The name that the server is asked for (SNI) and that its certificate must be for, unless it is for the very address that
    /// is connected to; nil: the host that is connected to.
    package var name: String?
    /// What the server is shown, should it ask.
    package var identity: TLSIdentity?

    package init(trust: Trust, name: String? = nil, identity: TLSIdentity? = nil) {
        self.trust = trust
        self.name = name
        self.identity = identity
    }
}
