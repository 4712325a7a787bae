/// What stands for secrets: the same for the same secret, and of its length and shape.
///
/// A letter becomes a letter of its case, a digit a digit, what separates (`-_.:/+=~@`, line breaks, tabs) stays, and any other byte of a text
/// becomes a small letter; hexadecimal digits stay such. So a token is still taken for one, a UUID for one, and a length
/// that stands somewhere before it stays right. Bytes that are no text become other bytes.
///
/// What they become is drawn from a keyed hash of the secret (counter mode of NIST SP 800-108): nobody without the key can
/// find out which secret it was, or test a guess.
package struct Pseudonyms: Sendable {
    /// Blocks of the hash that are drawn, after which they are used again.
    private static let maximumBlocks = 64
    /// How often another one is drawn where the first is the secret itself, as it may be of few letters and digits.
    private static let maximumTries = 16

    private let hash: KeyedHash

    package init(_ hash: KeyedHash = KeyedHash()) { self.hash = hash }

    /// Whether the same secret has the same one in other recordings, too.
    var areLasting: Bool { hash.isKeyGiven }

    /// What stands for a text or for bytes; as many bytes.
    ///
    /// - Parameter isText: it is text; of other bytes only those that look like it are treated as such.
    func pseudonym(of secret: UnsafeRawBufferPointer, isText: Bool = false) -> [UInt8] {
        guard isText || secret.allSatisfy({ $0 &- 0x20 < 0x5F || $0 &- 9 < 5 }) else {
            // No byte that could end a frame.
            return drawn(for: secret) { $0.map { $0 < 0x20 ? $0 | 0x80 : $0 } }
        }
        let isHexadecimal = Self.isHexadecimal(secret)
        return drawn(for: secret) { Self.shaped($0, as: secret, isHexadecimal: isHexadecimal) }
    }

    private static func shaped(_ drawn: [UInt8], as secret: UnsafeRawBufferPointer, isHexadecimal: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(secret.count)
        for (byte, random) in zip(secret, drawn) {
            let letter = random % (isHexadecimal ? 6 : 26)
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): text.append(48 + random % 10)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): text.append(65 + letter)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): text.append(97 + letter)
            case _ where separators.contains(byte): text.append(byte)
            default: text.append(97 + random % 26)
            }
        }
        return text
    }

    /// What stands for a decimal number's text: other digits, none of which begins the number with a zero. Sign, point and
    /// exponent stay.
    func pseudonym(ofNumber text: [UInt8]) -> [UInt8] {
        let mantissa = text.prefix { $0 | 32 != UInt8(ascii: "e") }.count
        return text.withUnsafeBytes { secret in
            drawn(for: secret) { drawn in
                var isFirst = true
                return zip(text, drawn).enumerated().map { place, pair in
                    guard place < mantissa, pair.0 &- 48 < 10 else { return pair.0 }
                    defer { isFirst = false }
                    // Nineteen digits fit 64 bits if the first is no 9.
                    return isFirst ? 49 + pair.1 % 8 : 48 + pair.1 % 10
                }
            }
        }
    }

    /// What stands for an integer in two's complement, the least significant byte first: one of the same length and sign.
    func pseudonym(ofInteger bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard let last = bytes.last else { return [] }
        return drawn(for: bytes) { drawn in
            var made = drawn
            let top = made.count - 1
            // The highest byte says the sign, and must not be one that could be left out.
            made[top] = last < 0x80 ? 1 + made[top] % 0x7F : 0x80 + made[top] % 0x7F
            if last == 0, top > 0 {
                made[top] = 0
                made[top - 1] |= 0x80
            }
            return made
        }
    }

    /// What is made of bytes that are drawn for a secret: other than the secret itself, where there is another.
    private func drawn(for secret: UnsafeRawBufferPointer, _ make: ([UInt8]) -> [UInt8]) -> [UInt8] {
        guard !secret.isEmpty else { return [] }
        let seed = hash.hash(secret)
        var made: [UInt8] = []
        for attempt in 0..<Self.maximumTries {
            made = make(draw(seed + (attempt == 0 ? [] : [UInt8(attempt)]), secret.count))
            if !made.elementsEqual(secret) { break }
        }
        return made
    }

    private func draw(_ seed: [UInt8], _ count: Int) -> [UInt8] {
        let blocks = min((count + KeyedHash.resultBytes - 1) / KeyedHash.resultBytes, Self.maximumBlocks)
        let drawn = (0..<blocks).flatMap { hash.hash(seed + [UInt8($0)]) }
        return (0..<count).map { drawn[$0 % drawn.count] }
    }

    private static let separators = Set("-_.:/+=~@\r\n\t".utf8)

    /// Whether it is eight or more hexadecimal digits of one case, letters and numbers, perhaps with separators.
    private static func isHexadecimal(_ text: UnsafeRawBufferPointer) -> Bool {
        var (digits, small, capital) = (0, 0, 0)
        for byte in text where !separators.contains(byte) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "a")...UInt8(ascii: "f"): small += 1
            case UInt8(ascii: "A")...UInt8(ascii: "F"): capital += 1
            default: return false
            }
        }
        return digits > 0 && digits + small + capital >= 8 && (small > 0) != (capital > 0)
    }
}
