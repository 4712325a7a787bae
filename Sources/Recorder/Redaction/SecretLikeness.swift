internal import Glibc

/// Whether what stands under the name of a secret is one: a word like `none` or a number is not.
enum SecretLikeness {
    /// What the name of a key says.
    enum Name: Hashable {
        /// Anything under it is secret.
        case password
        /// Identifiers stand under it.
        case token
        case cookies
    }

    static let names = SecretNames(SecretNames.defaults)
    private static let passwords = SecretNames([
        "*password", "*passwords", "*passwd", "*passphrase", "*passcode", "*pwd", "userpass", "*secret", "*secrets",
        "*privatekey",
    ])

    static func name(_ key: UnsafeRawBufferPointer) -> Name? {
        guard names.contains(key) else { return nil }
        if SecretValue.isCookie(key) { return .cookies }
        return passwords.contains(key) ? .password : .token
    }

    /// Whether a text under such a name looks like a secret.
    static func isSecret(_ text: UnsafeRawBufferPointer, _ name: Name) -> Bool {
        if isPlaceholder(text) || isUUID(text) { return false }
        return name == .password ? text.count >= 4 : isRandom(text)
    }

    /// A secret's beginning, and how long it is.
    static func masked(_ secret: UnsafeRawBufferPointer) -> String {
        let shown = String(decoding: secret.prefix(min(4, secret.count / 4)), as: UTF8.self)
        return "\"\(TerminalText.escaped(shown))…\" (\(secret.count.counting("byte")))"
    }

    /// Whether it stands for a value that is given elsewhere: `****`, `<password>`, `${TOKEN}`, `{{token}}`.
    private static func isPlaceholder(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first, let last = text.last else { return true }
        if text.allSatisfy({ $0 == first }) { return true }
        if first == UInt8(ascii: "<") && last == UInt8(ascii: ">") { return true }
        return (first == UInt8(ascii: "$") || first == UInt8(ascii: "{") || first == UInt8(ascii: "%"))
            && (last == UInt8(ascii: "}") || last == UInt8(ascii: ")") || last == UInt8(ascii: "%"))
    }

    /// Whether it is long and of many different letters and digits: 16 bytes or more, three bits or more each (Shannon).
    private static func isRandom(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 16 else { return false }
        var counts = [Int](repeating: 0, count: 256)
        var digits = 0
        for byte in text {
            guard byte > 0x20, byte < 0x7F else { return false }
            counts[Int(byte)] += 1
            if byte &- 48 < 10 { digits += 1 }
        }
        let total = Double(text.count)
        let bits = counts.filter { $0 > 0 }.reduce(0.0) { $0 - Double($1) / total * log2(Double($1) / total) }
        return digits >= 2 && digits < text.count && bits >= 3
    }

    private static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 36 else { return false }
        return text.enumerated().allSatisfy { place, byte in
            [8, 13, 18, 23].contains(place)
                ? byte == UInt8(ascii: "-") : byte &- 48 < 10 || (byte | 32) &- 97 < 6
        }
    }
}
