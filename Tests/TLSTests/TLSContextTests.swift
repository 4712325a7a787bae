import TLS
import TestSupport
import Testing

@Suite("What TLS is set up with", .enabled(if: TestCertificates.canBeMade, "openssl is not installed"))
struct TLSContextTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var certificate: String
        var key: String?
        var authorities: String?
        var code: TLSSetupError.Code
        var says: [String]

        var testDescription: String { "\(certificate), \(key ?? "no key"), \(authorities ?? "no authorities")" }
    }

    @Test("is refused with the file and the reason, and what to do")
    func reasons() async throws {
        let folder = try await TestCertificates.folder()
        try folder.write("", to: "empty.pem")
        try folder.write("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", to: "cut.pem")
        let examples = [
            Example(
                certificate: "nowhere.pem", code: .unreadable, says: ["cannot read", "nowhere.pem", "No such file"]),
            Example(certificate: ".", code: .unreadable, says: ["Is a directory"]),
            Example(certificate: "empty.pem", code: .noCertificate, says: ["empty.pem holds no certificate", "empty"]),
            Example(certificate: "cut.pem", code: .noCertificate, says: ["cut.pem", "cannot be read"]),
            Example(certificate: "server.der", code: .noCertificate, says: ["server.der", "not PEM", "openssl x509"]),
            Example(certificate: "server.key", code: .noCertificate, says: ["there is EC PRIVATE KEY in it"]),
            Example(certificate: "server.pem", code: .noKey, says: ["server.pem holds no private key", "tls-key="]),
            Example(certificate: "server.pem", key: "client.pem", code: .noKey, says: ["client.pem holds no private"]),
            Example(
                certificate: "server.pem", key: "nowhere.key", code: .unreadable, says: ["nowhere.key", "No such"]),
            Example(
                certificate: "server.pem", key: "encrypted.key", code: .encryptedKey,
                says: ["encrypted.key is encrypted", "openssl pkey"]),
            Example(
                certificate: "server.pem", key: "encrypted-old.key", code: .encryptedKey,
                says: ["encrypted-old.key is encrypted"]),
            Example(
                certificate: "server.pem", key: "client.key", code: .mismatchedKey,
                says: ["client.key is not that of the first certificate in", "server.pem"]),
            Example(
                certificate: "both.pem", authorities: "server.key", code: .noCertificate,
                says: ["server.key holds no certificate"]),
        ]
        for example in examples {
            let settings = ListenerTLS(
                identity: TLSIdentity(
                    certificateFile: folder.path(example.certificate), keyFile: example.key.map { folder.path($0) }),
                clientAuthorityFile: example.authorities.map { folder.path($0) })
            let error = #expect(throws: TLSSetupError.self, "\(example.testDescription)") {
                _ = try TLSContext(settings)
            }
            #expect(error?.code == example.code, "\(example.testDescription): \(error.debugDescription)")
            for text in example.says { #expect(error?.description.contains(text) == true, "\(error.debugDescription)") }
        }
    }

    @Test("is taken where a file holds both, or the key has one of its own")
    func accepted() async throws {
        let folder = try await TestCertificates.folder()
        _ = try TLSContext(ListenerTLS(identity: TLSIdentity(certificateFile: folder.path("both.pem"))))
        let identity = TLSIdentity(certificateFile: folder.path("server.pem"), keyFile: folder.path("server.key"))
        _ = try TLSContext(ListenerTLS(identity: identity, clientAuthorityFile: folder.path("ca.pem")))
        let trusts: [UpstreamTLS.Trust] = [.anything, .authorities(file: folder.path("ca.pem"))]
        for trust in trusts {
            for host in ["127.0.0.1", "::1", "localhost"] {
                _ = try TLSContext(UpstreamTLS(trust: trust, identity: identity), host: host)
            }
        }
    }

    @Test("asks for names only, since addresses are none", arguments: ["127.0.0.1", "::1", "", "a\0b"])
    func names(name: String) throws {
        let error = #expect(throws: TLSSetupError.self) {
            _ = try TLSContext(UpstreamTLS(trust: .anything, name: name), host: "localhost")
        }
        #expect(error?.code == .unusableName)
    }
}
