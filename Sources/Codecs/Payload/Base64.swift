/// Base64 with the standard alphabet and padding (RFC 4648, section 4), straight from and to kept memory.
package enum Base64 {
    /// Appends the base64 of `bytes`.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        output.appendUninitialized(capacity: (bytes.count + 2) / 3 * 4) { target in
            var written = 0
            var offset = 0
            while bytes.count &- offset >= 3 {
                let first = UInt32(bytes[offset])
                let bits = first << 16 | UInt32(bytes[offset &+ 1]) << 8 | UInt32(bytes[offset &+ 2])
                let symbols =
                    UInt32(symbol(bits >> 18)) | UInt32(symbol(bits >> 12)) << 8 | UInt32(symbol(bits >> 6)) << 16
                    | UInt32(symbol(bits)) << 24
                target.storeBytes(of: symbols.littleEndian, toByteOffset: written, as: UInt32.self)
                written &+= 4
                offset &+= 3
            }
            guard offset < bytes.count else { return written }
            let hasTwo = offset &+ 1 < bytes.count
            let bits = UInt32(bytes[offset]) << 16 | (hasTwo ? UInt32(bytes[offset &+ 1]) << 8 : 0)
            target[written] = symbol(bits >> 18)
            target[written &+ 1] = symbol(bits >> 12)
            target[written &+ 2] = hasTwo ? symbol(bits >> 6) : UInt8(ascii: "=")
            target[written &+ 3] = UInt8(ascii: "=")
            return written &+ 4
        }
    }

    /// The base64 of `bytes`.
    package static func encode(_ bytes: [UInt8]) -> String {
        var output = ByteWriter(capacity: bytes.count * 4 / 3 + 4)
        bytes.withUnsafeBytes { encode($0, into: &output) }
        return output.string
    }

    /// Appends the bytes that `text` stands for. Whitespace, missing padding, bits behind the end and other symbols are
    /// errors: a recording's text is to give one run of bytes only.
    package static func decode(_ text: RawSpan, into output: inout ByteWriter) throws(PayloadError) {
        let count = text.byteCount
        guard count % 4 == 0 else {
            throw PayloadError(.malformed, at: count, "base64 comes in groups of four symbols; these are \(count)")
        }
        output.reserve(count / 4 * 3)
        var offset = 0
        while offset < count {
            let isLast = offset + 4 == count
            var padding = 0
            if isLast, text.unsafeLoad(fromByteOffset: offset + 3, as: UInt8.self) == UInt8(ascii: "=") {
                padding = text.unsafeLoad(fromByteOffset: offset + 2, as: UInt8.self) == UInt8(ascii: "=") ? 2 : 1
            }
            var bits: UInt32 = 0
            for index in 0..<4 {
                let digit: UInt32
                if index >= 4 - padding {
                    digit = 0
                } else if let found = value(of: text.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self)) {
                    digit = found
                } else {
                    throw PayloadError(.malformed, at: offset + index, "this byte is no base64 symbol")
                }
                bits = bits << 6 | digit
            }
            if (padding == 1 && bits & 0xFF != 0) || (padding == 2 && bits & 0xFFFF != 0) {
                throw PayloadError(.malformed, at: offset, "the last base64 group has bits behind its end")
            }
            output.append(UInt8(truncatingIfNeeded: bits >> 16))
            if padding < 2 { output.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            if padding < 1 { output.append(UInt8(truncatingIfNeeded: bits)) }
            offset += 4
        }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// The symbol of the lowest six bits; there are 64 of them.
    @inline(__always)
    private static func symbol(_ bits: UInt32) -> UInt8 { alphabet.utf8Start[Int(truncatingIfNeeded: bits & 63)] }

    @inline(__always)
    private static func value(of symbol: UInt8) -> UInt32? {
        switch symbol {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
