internal import Glibc
internal import NIOSSL

/// A file of certificates and keys in the text form of RFC 7468, `-----BEGIN CERTIFICATE-----`.
struct PEMFile {
    /// More is no certificate and no key.
    private static let maximumBytes = 16 << 20

    let path: String
    private let bytes: [UInt8]
    private let labels: [String]

    init(_ path: String) throws(TLSSetupError) {
        self.path = path
        bytes = try PEMFile.contents(path)
        labels = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix("-----BEGIN ") && line.hasSuffix("-----") ? String(line.dropFirst(11).dropLast(5)) : nil
        }
    }

    /// All certificates, in their order; at least one.
    func certificates() throws(TLSSetupError) -> [NIOSSLCertificate] {
        guard labels.contains(where: { $0.hasSuffix("CERTIFICATE") }) else {
            throw TLSSetupError(.noCertificate, "\(path) holds no certificate: \(whatItHolds)")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw TLSSetupError(.noCertificate, "\(path) holds a certificate that cannot be read: it may be cut short")
        }
        return certificates
    }

    /// The private key.
    ///
    /// - Parameter option: what names another file for it, for the error.
    func privateKey(option: String) throws(TLSSetupError) -> NIOSSLPrivateKey {
        guard labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) else {
            throw TLSSetupError(
                .noKey, "\(path) holds no private key: \(whatItHolds); \(option) names the file that does")
        }
        guard !isKeyEncrypted else {
            throw TLSSetupError(
                .encryptedKey,
                "the private key in \(path) is encrypted, and nobody could type its password here; "
                    + "decrypt it: openssl pkey -in \(path) -out decrypted.pem")
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw TLSSetupError(
                .noKey, "\(path) holds a private key that cannot be read: RSA, elliptic curves and Ed25519 can")
        }
    }

    /// PKCS #8 says it in the label, the older forms in a header behind it.
    private var isKeyEncrypted: Bool {
        labels.contains("ENCRYPTED PRIVATE KEY")
            || String(decoding: bytes, as: UTF8.self).contains("Proc-Type: 4,ENCRYPTED")
    }

    private var whatItHolds: String {
        if bytes.isEmpty { return "it is empty" }
        guard labels.isEmpty else { return "there is \(Set(labels).sorted().joined(separator: " and ")) in it" }
        return "it is not PEM, which begins with -----BEGIN (DER becomes PEM with openssl x509 or openssl pkey)"
    }

    private static func contents(_ path: String) throws(TLSSetupError) -> [UInt8] {
        func refused(_ why: String) -> TLSSetupError { TLSSetupError(.unreadable, "cannot read \(path): \(why)") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refused(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw refused(String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumBytes else { throw refused("it is longer than 16 MiB") }
        }
    }
}
