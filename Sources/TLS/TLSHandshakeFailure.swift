internal import Glibc
internal import NIOCore
internal import NIOSSL

/// Why a TLS handshake came to nothing.
package struct TLSHandshakeFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// It took too long.
        case late
        /// It was given up on this side.
        case abandoned
        /// The other side, or what it sent, is not accepted, or does not accept this one.
        case refused
    }

    package var code: Code
    package var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static let abandoned = TLSHandshakeFailure(.abandoned, "the TLS handshake was given up")

    static func late(after limit: TimeAmount) -> TLSHandshakeFailure {
        let milliseconds = limit.nanoseconds / 1_000_000
        let time = milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) seconds" : "\(milliseconds) milliseconds"
        return TLSHandshakeFailure(.late, "no TLS handshake within \(time)")
    }

    /// The library's own words, `wrong version number`: the reason of the first error on its stack.
    static func libraryReason(of error: any Error) -> String {
        let stack: [BoringSSLInternalError]
        switch error {
        case NIOSSLError.handshakeFailed(let inner), NIOSSLError.shutdownFailed(let inner):
            return libraryReason(of: inner)
        case BoringSSLError.sslError(let errors), BoringSSLError.unknownError(let errors): stack = errors
        default: return "\(error)"
        }
        guard let first = stack.first else { return "\(error)" }
        // Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at …/tls_record.cc:242
        let parts = first.description.split(separator: ":")
        guard let place = parts.firstIndex(of: "OPENSSL_internal"), place + 1 < parts.count else {
            return first.description.split(separator: " ").drop { $0 == "Error:" }.joined(separator: " ")
        }
        let word = parts[place + 1].prefix { $0 != " " }
        return word.replacing("_", with: " ").lowercased()
    }
}

extension TLSHandshakeFailure {
    /// Says in plain words what a failure means, and what to do.
    struct Wording: Sendable {
        /// The other side: `client` or `server`.
        var peer: String
        /// The name or address that a server must prove to have.
        var expectedName: String?

        func failure(for error: any Error, peerCertificate: NIOSSLCertificate?) -> TLSHandshakeFailure {
            TLSHandshakeFailure(.refused, "TLS handshake failed: \(reason(error, peerCertificate))")
        }

        /// What goes wrong after the handshake; with TLS 1.3 that is also when a client's certificate is missing.
        func connectionError(for error: any Error) -> TLSConnectionError {
            TLSConnectionError(description: "TLS failed: \(reason(error, nil))")
        }

        private func reason(_ error: any Error, _ certificate: NIOSSLCertificate?) -> String {
            if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
            if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
                return "the server's certificate is for \(CertificateNames(certificate)), not for "
                    + "\(expectedName ?? "this address"); to-tls-name=NAME has another name checked"
            }
            let word = TLSHandshakeFailure.libraryReason(of: error)
            return switch word {
            case "EOF during handshake":
                "the \(peer) ended the connection before it was done" + (peer == "server" ? "; does it speak TLS?" : "")
            case "wrong version number", "http request", "https proxy request":
                "what the \(peer) sent is no TLS (\(word)); does it speak plain text?"
            case "unsupported protocol", "tlsv1 alert protocol version":
                "the \(peer) offers no version of TLS that is safe: 1.2 or later is needed"
            case "no shared cipher", "sslv3 alert handshake failure":
                "the \(peer) has no cipher in common with this program, or wants a certificate (\(word))"
            // OpenSSL sends the alert of TLS 1.3 for it before it encrypts.
            case "bad packet length" where peer == "client":
                "the client ended it, most likely since it does not accept the certificate (\(word))"
            case "peer did not return a certificate", "tlsv1 alert certificate required":
                peer == "client"
                    ? "the client showed no certificate, which tls-client-ca asks for"
                    : "the server wants a certificate; to-tls-cert=CERT.pem shows one"
            case "certificate verify failed": untrusted(certificate)
            case _ where word.contains("alert"): "the \(peer) refuses it (\(word))"
            default: word
            }
        }

        private func untrusted(_ certificate: NIOSSLCertificate?) -> String {
            let why =
                switch certificate {
                case let certificate? where certificate.notValidAfter < time(nil):
                    "it expired on \(Self.day(certificate.notValidAfter))"
                case let certificate? where certificate.notValidBefore > time(nil):
                    "it is not valid before \(Self.day(certificate.notValidBefore))"
                default: "no trusted authority has signed it"
                }
            let next =
                peer == "client"
                ? "tls-client-ca names the authorities"
                : "to-tls=CA.pem names the authorities, to-tls=insecure leaves it unchecked"
            return "the \(peer)'s certificate is not accepted: \(why); \(next)"
        }

        /// `2026-11-29`, UTC.
        private static func day(_ time: time_t) -> String {
            var time = time
            var parts = tm()
            guard gmtime_r(&time, &parts) != nil else { return "an unknown day" }
            var text = [CChar](repeating: 0, count: 32)
            let length = strftime(&text, text.count, "%Y-%m-%d", &parts)
            return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

/// What went wrong with a TLS connection after its handshake.
package struct TLSConnectionError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}
