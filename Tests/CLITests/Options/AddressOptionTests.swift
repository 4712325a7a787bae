import Testing

@testable import CLI

@Suite("An address")
struct AddressOptionTests {
    @Test(
        "is a host and a port",
        arguments: [
            ("12000", AddressOption(host: "127.0.0.1", port: 12_000)),
            ("localhost:1", AddressOption(host: "localhost", port: 1)),
            ("[::1]:12000", AddressOption(host: "::1", port: 12_000)),
            ("example.org:65535", AddressOption(host: "example.org", port: 65_535)),
        ])
    func reads(text: String, address: AddressOption) throws {
        #expect(try AddressOption.parse(text, defaultHost: "127.0.0.1") == address)
    }

    @Test(
        "is refused where a part is missing or wrong",
        arguments: ["", ":", ":1", "host:", "host:port", "host:65536", "::1", "::1:1", "[::1]", "host:1.5", "host: 1"])
    func refuses(text: String) {
        #expect(throws: UsageFault.self) { try AddressOption.parse(text, defaultHost: "127.0.0.1") }
    }

    @Test("of a target may stand for one recorded port")
    func targets() throws {
        let named = try ReplayTargets.parse("12000=localhost:13000")
        #expect(named.recorded == 12_000)
        #expect(named.address == AddressOption(host: "localhost", port: 13_000))
        let any = try ReplayTargets.parse("13000")
        #expect(any.recorded == nil)
        #expect(any.address == AddressOption(host: "127.0.0.1", port: 13_000))
        for text in ["x=1", "0=1", "65536=1", "=1", "1="] {
            #expect(throws: UsageFault.self, "\(text)") { try ReplayTargets.parse(text) }
        }
    }
}
