import Testing

@testable import Recorder

@Suite("A pseudonym")
struct PseudonymsTests {
    private let names = Pseudonyms(KeyedHash(key: Array("a key for tests only".utf8)))

    private func text(_ secret: String, _ names: Pseudonyms? = nil) -> String {
        Array(secret.utf8).withUnsafeBytes {
            String(decoding: (names ?? self.names).pseudonym(of: $0, isText: true), as: UTF8.self)
        }
    }

    @Test("is made with the HMAC-SHA256 of RFC 4231, test cases 1 to 3")
    func hash() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        #expect(
            hex(KeyedHash(key: Array(repeating: 0x0B, count: 20)).hash(Array("Hi There".utf8)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hex(KeyedHash(key: Array("Jefe".utf8)).hash(Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(KeyedHash(key: Array(repeating: 0xAA, count: 20)).hash(Array(repeating: 0xDD, count: 50)))
                == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
    }

    @Test("is the same for the same secret and key, and another for any other")
    func stable() {
        #expect(text("hunter2-Zq9XkW") == text("hunter2-Zq9XkW"))
        #expect(text("hunter2-Zq9XkW") != text("hunter2-Zq9XkV"))
        #expect(text("hunter2-Zq9XkW") != text("hunter2-Zq9XkW", Pseudonyms(KeyedHash(key: Array("another key".utf8)))))
        #expect(text("hunter2-Zq9XkW", Pseudonyms()) != text("hunter2-Zq9XkW", Pseudonyms()))
        let all = Set((0..<5_000).map { text("secret-\($0)") })
        #expect(all.count == 5_000)
        #expect(!all.contains { $0.hasPrefix("secret") })
    }

    @Test(
        "has the length and the shape of the secret",
        arguments: [
            ("Hunter2", "Aaaaaa0"), ("7927c283-218e-4bb9", "0000a000-000a-0aa0"),
            ("a.b@example.org", "a.a@aaaaaaa.aaa"),
            ("p!ä x", "aaaaaa"), ("", ""), ("QUJD+/==", "AAAA+/=="), ("line\nline", "aaaa\naaaa"), ("\u{1}", "a"),
        ])
    func shape(secret: String, shape: String) {
        let found = text(secret).map { character -> Character in
            if character.isNumber { return "0" }
            return character.isLetter ? (character.isUppercase ? "A" : "a") : character
        }
        #expect(text(secret).utf8.count == secret.utf8.count)
        // Hexadecimal digits change between letters and numbers nowhere either.
        #expect(String(found) == shape)
    }

    @Test("is never the secret itself, however few letters and digits there are")
    func other() {
        for key in 0..<40 {
            let names = Pseudonyms(KeyedHash(key: [UInt8(key)]))
            for digit in 0...9 {
                #expect(text("\(digit)", names) != "\(digit)")
                let number = Array("-\(digit)E-5".utf8)
                #expect(names.pseudonym(ofNumber: number) != number)
            }
            for byte: UInt8 in [1, 7, 0x7F, 0x80, 0xFF] {
                #expect([byte].withUnsafeBytes { names.pseudonym(ofInteger: $0) } != [byte])
                #expect([byte].withUnsafeBytes { names.pseudonym(of: $0) } != [byte])
            }
        }
        #expect(text("-_.") == "-_.", "nothing else has that shape")
    }

    @Test("of hexadecimal digits is hexadecimal")
    func hexadecimal() {
        for secret in ["59210f17-f232-4655-1dc4-f786708a2210", "DEADBEEF01", "0a1b2c3d"] {
            #expect(text(secret).allSatisfy { $0 == "-" || $0.isHexDigit }, "\(text(secret))")
        }
    }

    @Test("of binary bytes is as long, and holds nothing that ends a frame")
    func binary() {
        let secret = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let found = secret.withUnsafeBytes { names.pseudonym(of: $0) }
        #expect(found.count == secret.count && found != secret)
        #expect(found.allSatisfy { $0 >= 0x20 })
    }

    @Test(
        "of a number is a number of as many digits, which does not begin with zero",
        arguments: [
            "0", "7", "-12", "1234567890123456789", "9223372036854775807", "-9223372036854775808", "0.5", "1.50e+10",
        ])
    func number(text: String) throws {
        let found = String(decoding: names.pseudonym(ofNumber: Array(text.utf8)), as: UTF8.self)
        #expect(found.utf8.count == text.utf8.count)
        #expect(found.drop { $0 == "-" }.first != "0")
        #expect(found.split(separator: "e").dropFirst() == text.split(separator: "e").dropFirst())
        if text.contains(".") { #expect(Double(found) != nil) } else { #expect(Int64(found) != nil) }
    }

    @Test(
        "of a large integer has its length and sign",
        arguments: [[1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 0, 0, 0, 0, 0, 0, 0x80, 0], [1, 2, 3, 4, 5, 6, 7, 8, 0xFF]])
    func integer(bytes: [UInt8]) {
        let found = bytes.withUnsafeBytes { names.pseudonym(ofInteger: $0) }
        #expect(found.count == bytes.count && found != bytes)
        #expect((found[8] < 0x80) == (bytes[8] < 0x80))
        #expect(!(found[8] == 0 && found[7] < 0x80) && !(found[8] == 0xFF && found[7] >= 0x80))
    }
}
