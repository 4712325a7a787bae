internal import Glibc

/// An address of the Internet Protocol.
package enum IPAddress: Sendable, Hashable {
    case version4(UInt32)
    /// The two halves of its 128 bits.
    case version6(UInt64, UInt64)

    /// Reads `127.0.0.1` or `::1`; a zone (`fe80::1%eth0`) is left out, and an IPv4 address inside an IPv6 one
    /// (`::ffff:127.0.0.1`) stands for itself, as on the wire.
    package init?(_ text: some StringProtocol) {
        let text = String(text.prefix { $0 != "%" })
        var version4 = in_addr()
        var version6 = in6_addr()
        if inet_pton(AF_INET, text, &version4) == 1 {
            self = .version4(UInt32(bigEndian: version4.s_addr))
        } else if inet_pton(AF_INET6, text, &version6) == 1 {
            let halves = withUnsafeBytes(of: version6) { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            let isMapped = halves.0 == 0 && halves.1 >> 32 == 0xFFFF
            self = isMapped ? .version4(UInt32(truncatingIfNeeded: halves.1)) : .version6(halves.0, halves.1)
        } else {
            return nil
        }
    }

    /// The same address as IPv6 writes it.
    var asVersion6: IPAddress {
        guard case .version4(let number) = self else { return self }
        return .version6(0, 0xFFFF << 32 | UInt64(number))
    }

    var isVersion4: Bool {
        if case .version4 = self { true } else { false }
    }

    /// `127.0.0.1` or `::1`.
    package var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch self {
        case .version4(let number):
            var address = in_addr(s_addr: number.bigEndian)
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        case .version6(let upper, let lower):
            var halves = (upper.bigEndian, lower.bigEndian)
            inet_ntop(AF_INET6, &halves, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// One end of a TCP connection.
package struct IPEndpoint: Sendable, Hashable {
    package var address: IPAddress
    package var port: UInt16

    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `HOST:PORT`, with the brackets that IPv6 needs.
    package var text: String { address.isVersion4 ? "\(address.text):\(port)" : "[\(address.text)]:\(port)" }
}
