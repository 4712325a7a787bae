/// Names of keys under which secrets stand.
///
/// Case, `-`, `_`, spaces and dots do not count: `api_key` is also `API-Key` and `apiKey`. A name that begins with `*` is any
/// name that ends so: `*token` is also `access_token`; one that ends with `*` is any that begins so.
package struct SecretNames: Sendable, Hashable {
    /// The names of `defaults`.
    package static let defaults = [
        "*password", "*passwords", "*passwd", "*passphrase", "*passcode", "*pwd", "pass", "userpass", "*secret",
        "*secrets",
        "secretkey", "*secretkey", "*accesskey", "*accesskeyid", "*apikey", "*apitoken", "*token", "*authorization",
        "*credential", "*credentials", "*cookie", "*cookies", "session", "*sessionid", "*sessionkey", "sid",
        "connectsid",
        "*privatekey", "*signingkey", "*encryptionkey", "*accountkey", "jwt", "*jwt", "otp", "totp", "pin", "pincode",
        "cvv", "cvv2", "cvc", "cvc2", "*cardnumber", "creditcard", "ssn",
    ]
    /// The longest name of a key that is looked at.
    static let maximumBytes = 128

    private var whole: Set<[UInt8]> = []
    private var endings: [[UInt8]] = []
    private var beginnings: [[UInt8]] = []

    package init(_ names: some Sequence<String> = []) {
        for name in names { insert(name) }
    }

    package var isEmpty: Bool { whole.isEmpty && endings.isEmpty && beginnings.isEmpty }

    /// Adds a name; false where nothing is left of it.
    @discardableResult
    package mutating func insert(_ name: String) -> Bool {
        let plain = Array(name.utf8).withUnsafeBytes { Self.plain($0) }
        guard !plain.isEmpty else { return false }
        switch (name.hasPrefix("*"), name.hasSuffix("*")) {
        case (true, _): endings.append(plain)
        case (_, true): beginnings.append(plain)
        default: whole.insert(plain)
        }
        return true
    }

    /// Whether a secret stands under a key of that name.
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        guard !name.isEmpty, name.count <= Self.maximumBytes, !isEmpty else { return false }
        let plain = Self.plain(name)
        return whole.contains(plain)
            || endings.contains { plain.count >= $0.count && plain.suffix($0.count).elementsEqual($0) }
            || beginnings.contains { plain.starts(with: $0) }
    }

    func contains(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { contains($0) } }

    /// Names of fewer letters stand in too many others.
    private static let minimumPartBytes = 5

    /// Whether any name of five letters or more stands somewhere in bytes, between whatever.
    func appear(in bytes: UnsafeRawBufferPointer) -> Bool {
        let plain = Self.plain(bytes)
        return plain.withUnsafeBytes { plain in
            [Array(whole), endings, beginnings].contains { names in
                names.contains { $0.count >= Self.minimumPartBytes && plain.holds($0) }
            }
        }
    }

    /// Small letters and digits, and what is not ASCII.
    private static func plain(_ name: UnsafeRawBufferPointer) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(name.count)
        for byte in name {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): plain.append(byte | 32)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
                plain.append(byte)
            default: break
            }
        }
        return plain
    }
}
