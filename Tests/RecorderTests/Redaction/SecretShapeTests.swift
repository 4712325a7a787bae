import Testing

@testable import Recorder

@Suite("The shape of a secret")
struct SecretShapeTests {
    private func find(_ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var allowance = Pattern.Allowance()
        return try bytes.withUnsafeBytes { text in
            try SecretShape.find(in: text, within: &allowance).map {
                "\($0.shape.name): " + String(decoding: bytes[$0.range], as: UTF8.self)
            }
        }
    }

    /// Put together here, so that no other scanner takes this file for a leak.
    private static let some = String(repeating: "aB3", count: 12)

    @Test("is known for well-known services, keys, credentials and URLs")
    func known() throws {
        let some = Self.some
        #expect(SecretShape.all.count == 14)
        #expect(try find("key AKIA" + "IOSFODNN7EXAMPLE.") == ["AWS access key: AKIA" + "IOSFODNN7EXAMPLE"])
        #expect(try find("ghp_" + some) == ["GitHub token: ghp_" + some])
        #expect(try find("x github_pat_" + some) == ["GitHub token: github_pat_" + some])
        #expect(try find("glpat-" + some) == ["GitLab token: glpat-" + some])
        #expect(try find("\"xoxb-" + "123456789012-abc\"") == ["Slack token: xoxb-123456789012-abc"])
        #expect(try find("sk_" + "live_" + some) == ["Stripe key: sk_live_" + some])
        #expect(try find("AIza" + some.prefix(35)) == ["Google API key: AIza" + some.prefix(35)])
        #expect(try find("sk-" + "proj-1" + some) == ["API key: sk-proj-1" + some])
        #expect(try find("npm_" + some) == ["npm token: npm_" + some])
        #expect(try find("pypi-" + some + some) == ["PyPI token: pypi-" + some + some])
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
        #expect(try find("Bearer \(jwt)").contains("JSON Web Token: \(jwt)"))
        #expect(
            try find("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\n")
                == ["private key: \nMIIE\nabc=\n"])
        #expect(try find(#"{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIE"#) == [#"private key: \\nMIIE"#])
        #expect(try find("authorization: basic dXNlcjpwYXNzd29yZA==") == ["credentials: dXNlcjpwYXNzd29yZA=="])
        #expect(try find("see postgres://bob:hunter2@db:5432/x") == ["password in a URL: hunter2"])
        #expect(try find("redis://:hunter2@db") == ["password in a URL: hunter2"])
    }

    @Test(
        "is not seen in everyday texts",
        arguments: [
            "Basic instructions for everybody", "the bearer certificates and token documentation",
            "https://example.org:8080/a@b",
            "http://host/path:with@colon", "-----BEGIN CERTIFICATE-----\nMIIE", "123e4567-e89b-12d3-a456-426614174000",
            "sk-ate-board-and-other-long-words-here", "AKIA is short", "ghp_short", "ftp://bob@host/",
            "eyJ is no token", "",
            "2026-11-22T10:00:00.000000Z", "d41d8cd98f00b204e9800998ecf8427e",
        ])
    func others(text: String) throws { #expect(try find(text) == []) }

    @Test("of a card has the digits of an issuer and a right check digit")
    func cards() {
        func found(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            return bytes.withUnsafeBytes { CardNumber.ranges(in: $0) }.map {
                String(decoding: bytes[$0], as: UTF8.self)
            }
        }
        for card in [
            "4111111111111111", "4242 4242 4242 4242", "5500-0000-0000-0004", "340000000000009", "6011000000000004",
        ] {
            #expect(found("pay with \(card), please") == [card])
            #expect(found(card) == [card])
        }
        for other in [
            "4111111111111112", "1234567890123452", "14111111111111111", "411111111111111a", "x4111111111111111",
            "0000000000000000",
            "1700000000000000000", "4111 1111", "4.111111111111111", "4111111111111111.0",
        ] {
            #expect(found(other) == [], "\(other)")
        }
    }
}
