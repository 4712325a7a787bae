import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("The names of secret keys")
struct SecretNamesTests {
    @Test(
        "are known in every way to write them",
        arguments: [
            "password", "Password", "PASSWD", "db_password", "newPassword", "passphrase", "pwd", "client_secret",
            "secret-key",
            "AWS_SECRET_ACCESS_KEY", "access_token", "accessToken", "X-Auth-Token", "csrftoken", "Authorization",
            "Proxy-Authorization", "X-Api-Key", "api_key", "apikey", "API key", "Cookie", "Set-Cookie", "session",
            "session_id",
            "JSESSIONID", "connect.sid", "sid", "private_key", "card_number", "cardNumber", "cvv", "PIN", "credentials",
        ])
    func known(name: String) { #expect(SecretNames(SecretNames.defaults).contains(Array(name.utf8))) }

    @Test(
        "are not found in other words",
        arguments: [
            "token_type", "tokens", "max_tokens", "passenger", "compass", "spin", "shipping", "session_count",
            "secretary",
            "key", "keyboard", "author", "authorized", "cookie_policy", "id", "path", "", "-", "monkey",
        ])
    func others(name: String) { #expect(!SecretNames(SecretNames.defaults).contains(Array(name.utf8))) }

    @Test("are all told of")
    func documented() throws {
        let page = try String(
            contentsOfFile: PythonProgram.root + "/Sources/Recorder/Recorder.docc/TakingOutSecrets.md", encoding: .utf8)
        let list = try #require(page.firstMatch(of: #/The usual names are: ([^.]+)\./#)).1
        #expect(list.matches(of: #/`([^`]+)`/#).map { String($0.1) } == SecretNames.defaults)
    }

    @Test("are whole names, unless a star says otherwise")
    func given() {
        let names = SecretNames(["customer_id", "*Nummer", "x-*"])
        for name in ["CustomerID", "customer-id", "kontonummer", "Nummer", "x-anything", "X"] {
            #expect(names.contains(Array(name.utf8)), "\(name)")
        }
        for name in ["id", "customer_ids", "nummern", "y-x"] { #expect(!names.contains(Array(name.utf8)), "\(name)") }
        #expect(!SecretNames().contains(Array("password".utf8)))
        #expect(!SecretNames(["x*"]).contains(Array(repeating: 0x78, count: SecretNames.maximumBytes + 1)))
        #expect(SecretNames(["x*"]).contains(Array(repeating: 0x78, count: SecretNames.maximumBytes)))
    }
}
