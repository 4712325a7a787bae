/// Why TLS cannot be set up: which file or setting, and what to do.
package struct TLSSetupError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file is not there, or may not be read.
        case unreadable
        /// The file holds no certificate.
        case noCertificate
        /// The file holds no private key.
        case noKey
        /// The private key is encrypted.
        case encryptedKey
        /// The private key is not that of the certificate.
        case mismatchedKey
        /// The system has no certificates of authorities.
        case noSystemAuthorities
        /// The name to be asked for is none.
        case unusableName
        /// The library refuses it for another reason.
        case refused
    }

    package var code: Code
    package var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
