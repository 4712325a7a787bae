internal import NIOCore
internal import NIOSSL

/// The names and addresses that a certificate is for, as a sentence holds them: `localhost and 127.0.0.1`.
struct CertificateNames: CustomStringConvertible {
    /// More than these are only counted.
    private static let maximumNames = 5

    let description: String

    init(_ certificate: NIOSSLCertificate?) {
        let names = (certificate?._subjectAlternativeNames()).map { $0.compactMap(CertificateNames.text) } ?? []
        switch names.count {
        case 0: description = "no name at all (its subjectAltName is empty)"
        case 1...CertificateNames.maximumNames: description = names.joined(separator: " and ")
        default:
            let more = names.count - CertificateNames.maximumNames
            description = names.prefix(CertificateNames.maximumNames).joined(separator: ", ") + " and \(more) more"
        }
    }

    private static func text(_ name: _SubjectAlternativeName) -> String? {
        let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
        switch name.nameType {
        // It comes from the other side: control characters must not reach a log.
        case .dnsName: return String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7F }.prefix(255), as: UTF8.self)
        case .ipAddress: return (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0))?.ipAddress
        default: return nil
        }
    }
}
