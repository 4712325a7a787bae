import Codecs
import Server
import Testing

@testable import CLI

@Suite("A port's option")
struct PortOptionTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var text: String
        var host: String
        var port: Int
        var codec: String
        var settings: [String] = []

        var testDescription: String { text }
    }

    @Test(
        "names a host, a port, a codec and settings",
        arguments: [
            Example(text: "12000:pickle", host: "127.0.0.1", port: 12_000, codec: "pickle/stream"),
            Example(text: "0:json", host: "127.0.0.1", port: 0, codec: "json/lines"),
            Example(text: "0.0.0.0:12000:raw", host: "0.0.0.0", port: 12_000, codec: "raw/u32be"),
            Example(text: "[::1]:12000:json/content-length", host: "::1", port: 12_000, codec: "json/content-length"),
            Example(text: "[::]:65535:raw/u32be+4", host: "::", port: 65_535, codec: "raw/u32be+4"),
            Example(text: "localhost:1:json/nul", host: "localhost", port: 1, codec: "json/nul"),
            Example(
                text: "1:json,reply=ack,greet=none", host: "127.0.0.1", port: 1, codec: "json/lines",
                settings: ["reply=ack", "greet=none"]),
            Example(
                text: "1:json,greet={\"a\":1,\"b\":[2,3]},reply=none", host: "127.0.0.1", port: 1, codec: "json/lines",
                settings: ["greet={\"a\":1,\"b\":[2,3]}", "reply=none"]),
            Example(
                text: "1:raw,to=[::1]:2", host: "127.0.0.1", port: 1, codec: "raw/u32be", settings: ["to=[::1]:2"]),
        ])
    func reads(_ example: Example) throws {
        let option = try PortOption.parse(example.text)
        #expect(option.host == example.host)
        #expect(option.port == example.port)
        #expect(option.codec.name == example.codec)
        #expect(option.settings.map { "\($0.key.rawValue)=\($0.value)" } == example.settings)
    }

    @Test(
        "says which part is wrong",
        arguments: [
            ("12000", "lacks a codec"),
            ("", "lacks a codec"),
            ("12000:", "the payload is missing"),
            ("12000:pickel", "pickel"),
            ("12000:json/stream", "stream"),
            ("65536:json", "\"65536\" is no port"),
            ("-1:json", "\"-1\" is no port"),
            ("+1:json", "\"+1\" is no port"),
            ("99999999999999999999:json", "is no port"),
            (":12000:json", "the host is missing"),
            ("[]:12000:json", "the host is missing"),
            ("::1:12000:json", "write an IPv6 address in brackets"),
            ("1:json,replay=echo", "unknown setting \"replay=echo\""),
            ("1:json,echo", "unknown setting \"echo\""),
        ])
    func refuses(text: String, reason: String) {
        let fault = #expect(throws: UsageFault.self) { try PortOption.parse(text) }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test(
        "refuses a setting's value by name",
        arguments: [
            (PortSettings.Key.reply, "mirror", "reply=mirror"),
            (.to, "127.0.0.1:0", "to=127.0.0.1:0"),
            (.to, "nowhere", "nowhere"),
            (.protocol, "6", "protocol=6"),
            (.protocol, "-1", "protocol=-1"),
        ])
    func refusesValue(key: PortSettings.Key, value: String, reason: String) {
        var settings = PortSettings()
        let fault = #expect(throws: UsageFault.self) { try settings.set(key, to: value) }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test("greets structured ports with the client's id, raw ones not at all")
    func defaultGreeting() throws {
        #expect(try PortSettings.greeting(nil, codec: PortOption.parse("1:pickle").codec) == .clientID)
        #expect(try PortSettings.greeting(nil, codec: PortOption.parse("1:json").codec) == .clientID)
        #expect(try PortSettings.greeting(nil, codec: PortOption.parse("1:raw").codec) == nil)
        #expect(throws: UsageFault.self) { try PortSettings.greeting("{", codec: PortOption.parse("1:json").codec) }
    }
}
