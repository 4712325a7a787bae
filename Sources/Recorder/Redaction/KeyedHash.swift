internal import CCrypto

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) of OpenSSL's libcrypto: without the key its results tell nothing of what went in.
package struct KeyedHash: Sendable {
    /// Bytes of a result.
    static let resultBytes = 32

    private let key: [UInt8]
    /// Whether the key was given, so that others can have it too.
    let isKeyGiven: Bool

    /// A key that nobody knows and that is kept nowhere.
    package init() {
        var generator = SystemRandomNumberGenerator()
        isKeyGiven = false
        key = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    }

    /// A key that was given.
    package init(key: [UInt8]) {
        self.key = key
        isKeyGiven = true
    }

    /// The hash of a text.
    func hash(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Self.resultBytes)
        var count: UInt32 = 0
        var nothing: UInt8 = 0
        let isDone = withUnsafePointer(to: &nothing) { nothing in
            HMAC(
                EVP_sha256(), key, Int32(key.count),
                text.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing, text.count, &result, &count) != nil
        }
        // It fails without memory only; a secret must not be written then.
        precondition(isDone && count == UInt32(Self.resultBytes), "libcrypto gave no HMAC-SHA256")
        return result
    }

    func hash(_ text: [UInt8]) -> [UInt8] { text.withUnsafeBytes { hash($0) } }
}
