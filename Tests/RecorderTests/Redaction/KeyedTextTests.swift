import Testing

@testable import Recorder

@Suite("Secret keys in plain text")
struct KeyedTextTests {
    private func values(_ text: String, _ nature: KeyedText.Nature) -> [String] {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { text in
            KeyedText.values(in: text, nature, SecretNames(SecretNames.defaults)).map {
                String(decoding: bytes[$0.value], as: UTF8.self)
            }
        }
    }

    @Test(
        "have their values found",
        arguments: [
            ("user=bob&password=hunter2&x=1", ["hunter2"]), ("password=hunter2", ["hunter2"]),
            ("a; token = abc ; b", ["abc"]), (#"{"user":"bob","password":"hun\"ter2","a":1}"#, [#"hun\"ter2"#]),
            (#"{'api_key': 'abc', 'x': 'y'}"#, ["abc"]), (#""{\"token\":\"a\",\"secret\" : \"b\"}""#, ["a", "b"]),
            (#"{\\\"token\\\":\\\"deep\\\"}"#, ["deep"]), (#"{"pin": 1234, "otp":null,"cvv":true}"#, ["1234"]),
            (#"{"password":"cut of"#, ["cut of"]),
            (#"{"secrets":{"a":"b","c":[1,"d"]},"x":"y"}"#, ["a", "b", "c", "1", "d"]),
            ("user[password]=a&user%5Btoken%5D=b", ["a", "b"]), ("secret => 'x'", ["x"]), ("if token == abc", ["abc"]),
            ("export API_KEY=abc\nexport B=c", ["abc"]), ("", []), ("=", []), ("password=", []), ("password", []),
            (#"password="""#, []), ("a=b", []), (":::", []), (#"{"password":}"#, []),
        ])
    func everywhere(text: String, expected: [String]) {
        #expect(values(text, .string) == expected)
        #expect(values(text, .stream) == expected)
    }

    @Test("are values behind a colon only where that is no sentence")
    func sentences() {
        #expect(values("Password: wrong, try again", .string) == [])
        #expect(values("login\nPassword: hunter2 x\n", .string) == ["hunter2 x"])
        #expect(values("Password: hunter2", .stream) == ["hunter2"])
        #expect(values("GET /\r\nauthorization: Bearer abc.def\r\nAccept: */*\r\n", .stream) == ["abc.def"])
        #expect(
            values("Authorization: Digest username=\"u\", response=\"r\"\r\n", .stream) == [
                "username=\"u\", response=\"r\""
            ])
        #expect(values("Set-Cookie: sid=abc; Path=/; Secure\r\nX: y", .stream) == ["abc", "/"])
        #expect(values("said token: abc, then", .stream) == ["abc"])
    }

    @Test("are searched in time linear in the text")
    func linear() {
        for unit in ["password=\"", "password:{", "=", "a:", "\\\"", "token:[[", "password=\\"] {
            let text = String(repeating: unit, count: 200_000 / unit.utf8.count)
            #expect(values(text, .stream).count <= text.utf8.count)
        }
    }
}
