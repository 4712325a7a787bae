import Foundation
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("Redaction")
struct RedactionTests {
    private static let pseudonyms = Pseudonyms(KeyedHash(key: Array("a key for tests only".utf8)))

    private func redaction(_ rules: String...) throws -> Redaction {
        Redaction(rules: try rules.map { try RedactionRule(option: $0) }, pseudonyms: Self.pseudonyms)
    }

    private static func hidden(_ secret: String) -> String {
        Array(secret.utf8).withUnsafeBytes {
            String(decoding: pseudonyms.pseudonym(of: $0, isText: true), as: UTF8.self)
        }
    }

    private static func hidden(number: String) -> String {
        String(decoding: pseudonyms.pseudonym(ofNumber: Array(number.utf8)), as: UTF8.self)
    }

    private func message(
        _ payload: [UInt8], _ codec: String, _ redaction: Redaction, limits: DecodingLimits = DecodingLimits()
    ) throws -> RedactedMessage? {
        let codec = try CodecRegistry.codec(named: codec)
        let tree = ValueTree()
        try codec.payload.decode(payload.span.bytes, into: tree, limits: limits)
        return redaction.message(tree, codec: codec, limits: limits)
    }

    private func json(_ text: String, _ redaction: Redaction) throws -> (text: String, places: [String])? {
        try message(Array(text.utf8), "json", redaction).map { (String(decoding: $0.text, as: UTF8.self), $0.places) }
    }

    @Test("changes nothing but the secret in a JSON text")
    func verbatim() throws {
        let found = try json(
            #"{ "a" : 1.0,"p\u0061ssword":"hunter2" , "b":[1e400,  "x\u00e9"],"password":12}"#,
            redaction("key=password"))
        #expect(
            found?.text
                == #"{ "a" : 1.0,"p\u0061ssword":"\#(Self.hidden("hunter2"))" , "b":[1e400,  "x\u00e9"],"password":\#(Self.hidden(number: "12"))}"#
        )
        #expect(found?.places == ["$.password"])
        #expect(try json(#"{"a":"password","b":{"passwords":1}}"#, redaction("key=password")) == nil)
    }

    @Test("keeps kinds: a text, a number, a bool, null, and the names of what is below")
    func kinds() throws {
        let found = try json(
            #"{"secret":{"name":"bob","on":true,"off":false,"none":null,"list":[1,-2.5e3,""],"id7":"x"}}"#,
            redaction("key=secret"))
        let (bob, x, id) = (Self.hidden("bob"), Self.hidden("x"), Self.hidden("id7"))
        let (one, two) = (Self.hidden(number: "1"), Self.hidden(number: "-2.5e3"))
        #expect(
            found?.text
                == #"{"secret":{"name":"\#(bob)","on":false,"off":false,"none":null,"list":[\#(one),\#(two),""],"\#(id)":"\#(x)"}}"#
        )
        #expect(found?.places == ["$.secret", "$.secret.\(id)~"])
    }

    @Test("follows paths")
    func paths() throws {
        let text = #"{"users":[{"id":7,"mail":"a@b.de"},{"mail":"c@d.de","x":{"mail":"e@f.de"}}],"mail":"g@h.de"}"#
        let some = try json(text, redaction("path=$.users[*].mail"))
        #expect(some?.places == ["$.users[0].mail", "$.users[1].mail"])
        #expect(some?.text.contains("e@f.de") == true && some?.text.contains("g@h.de") == true)
        #expect(some?.text.contains("a@b.de") == false && some?.text.contains("c@d.de") == false)
        #expect(try json(text, redaction("path=$..mail"))?.places.count == 4)
        #expect(
            try json(text, redaction("path=$.users[-1].x", "path=$.mail"))?.places
                == ["$.users[1].x.mail", "$.mail"].map { $0 == "$.users[1].x.mail" ? "$.users[1].x" : $0 })
        #expect(try json(text, redaction("path=$"))?.places.first == "$")
        #expect(try json(text, redaction("path=$.nothing[*]")) == nil)
        #expect(try json("\"abc\"", redaction("path=$"))?.text == "\"\(Self.hidden("abc"))\"")
    }

    @Test("replaces what a pattern matches, or its first group, in texts, keys and numbers")
    func patterns() throws {
        let rule = try redaction(#"regex=tok_([a-z0-9]+)"#, #"regex=\b\d{6}\b"#)
        let found = try json(#"{"a":"x tok_abc1 y tok_abc1\n","tok_k9":1,"n":123456,"m":1234567}"#, rule)
        let (one, key) = (Self.hidden("abc1"), Self.hidden("k9"))
        #expect(
            found?.text
                == #"{"a":"x tok_\#(one) y tok_\#(one)\n","tok_\#(key)":1,"n":\#(Self.hidden(number: "123456")),"m":1234567}"#
        )
        #expect(found?.places == ["$.a[6:10]", "$.a[17:21]", "$.tok_\(key)~[4:6]", "$.n"])
    }

    @Test("takes a text out as a whole where a pattern cannot decide in time")
    func slowPattern() throws {
        let text = String(repeating: "a", count: 4_000) + "!"
        let found = try json("\"\(text)\"", redaction("regex=(a+)+$"))
        #expect(found?.places == ["$"] || found?.places == ["$[0:4001]"])
        #expect(found?.text.contains("aaaaaaaa") == false)
    }

    @Test("keeps the scheme of credentials and the names of cookies, so that a token is the same wherever it stands")
    func parts() throws {
        let found = try json(
            #"{"token":"abc123","Authorization":"Bearer abc123","h":[["cookie","sid=abc123; b=x"]]}"#,
            redaction("defaults"))
        let (token, x) = (Self.hidden("abc123"), Self.hidden("x"))
        #expect(
            found?.text
                == #"{"token":"\#(token)","Authorization":"Bearer \#(token)","h":[["cookie","sid=\#(token); b=\#(x)"]]}"#
        )
    }

    @Test("takes a tuple that is a key for the names in it")
    func tupleKeys() throws {
        // CPython: pickle.dumps({("user", "password"): "hunter2", ("a", 1): "hunter2"}, 0)
        let pickle = "(dp0\n(Vuser\np1\nVpassword\np2\ntp3\nVhunter2\np4\ns(Va\np5\nI1\ntp6\nVhunter2\np7\ns."
        let found = try message(Array(pickle.utf8), "pickle", redaction("defaults"))
        let text = String(decoding: found?.text ?? [], as: UTF8.self)
        #expect(
            text == #"{"$dict":[[{"$tuple":["user","password"]},"\#(Self.hidden("hunter2"))"],"#
                + #"[{"$tuple":["a",1]},"hunter2"]]}"#)
    }

    @Test("gives a key and a value their own, where both are one object of a pickle")
    func sharedObject() throws {
        // {'password': 'password', 'x': 'password'}, one string fetched from the memo
        let pickle: [UInt8] =
            [0x80, 2, 0x7D, 0x71, 0] + Array("(X\u{8}\0\0\0passwordq\u{1}h\u{1}X\u{1}\0\0\0xq\u{2}h\u{1}u.".utf8)
        let found = try message(pickle, "pickle", redaction("key=password"))
        let text = String(decoding: try #require(found).text, as: UTF8.self)
        #expect(text == #"{"password":"\#(Self.hidden("password"))","x":"password"}"#)
        #expect(found?.settings.protocolVersion == 2)
    }

    @Test("finds secrets in the names of classes, which stay names below a secret's key")
    func classNames() throws {
        let named = try message(Array("cos\nSECRET-g\n.".utf8), "pickle", redaction(#"regex=SECRET-\w+"#))
        let text = String(decoding: try #require(named).text, as: UTF8.self)
        #expect(text.hasPrefix(#"{"$global":"os:"#) && !text.contains("SECRET"), "\(text)")
        let below = try message(Array("(dVpassword\ncos\ngetcwd\ns.".utf8), "pickle", redaction("key=password"))
        #expect(below == nil)
    }

    @Test("leaves the tree alone that a server goes on with")
    func untouched() throws {
        let codec = try CodecRegistry.codec(named: "pickle")
        let tree = ValueTree()
        let pickle = Array("(dVpassword\nVhunter2\ns.".utf8)
        try codec.payload.decode(pickle.span.bytes, into: tree, limits: DecodingLimits())
        #expect(try redaction("defaults").message(tree, codec: codec, limits: DecodingLimits()) != nil)
        var written = ByteWriter()
        _ = try codec.payload.writeReadable(tree, limits: DecodingLimits(), into: &written)
        #expect(written.string == #"{"password":"hunter2"}"#)
    }

    @Test("ends on a value that holds itself")
    func cycle() throws {
        let found = try message(
            Array("(lp0\n(dVtoken\nVhunter2\nsVme\ng0\nsa.".utf8), "pickle", redaction("defaults", "path=$..x"))
        let text = String(decoding: try #require(found).text, as: UTF8.self)
        #expect(text.contains(Self.hidden("hunter2")) && text.contains("$ref"))
    }

    @Test("of a message too deep to be read is in its bytes")
    func deep() throws {
        let text = String(repeating: "[", count: 600) + #"{"token":"hunter2"}"# + String(repeating: "]", count: 600)
        let found = try #require(try message(Array(text.utf8), "json", redaction("defaults")))
        #expect(found.form == .base64)
        let base64 = String(decoding: found.text, as: UTF8.self).dropFirst().dropLast()
        let bytes = try #require(Data(base64Encoded: String(base64)))
        #expect(String(decoding: bytes, as: UTF8.self) == text.replacing("hunter2", with: Self.hidden("hunter2")))
    }

    @Test("lists so many places, and says that there are more")
    func manyPlaces() throws {
        let text = "[" + (0..<5_000).map { #"{"token":"hunter\#($0)"}"# }.joined(separator: ",") + "]"
        let found = try #require(try json(text, redaction("defaults")))
        #expect(found.places.count <= RedactedPlaces.maximumCount)
        #expect(found.places.last == "$..")
        #expect(!found.text.contains("hunter"))
    }

    @Test("searches raw messages as text, and as bytes")
    func raw() throws {
        let text = try message(Array("login password=hunter2\r\n".utf8), "raw/u32be", redaction("defaults"))
        #expect(text?.form == .text)
        #expect(
            text.map { String(decoding: $0.text, as: UTF8.self) } == #""login password=\#(Self.hidden("hunter2"))\r\n""#
        )
        #expect(text?.places == ["bytes[15:22]"])
        let bytes = try message([0xFF, 1, 2, 3, 4, 0xFE], "raw/u32be", redaction("path=bytes[1:3]"))
        #expect(bytes?.form == .base64 && bytes?.places == ["bytes[1:3]"])
        #expect(try message([1, 2], "raw/u32be", redaction("path=$"))?.places == ["bytes[0:2]"])
        #expect(try message(Array("nothing".utf8), "raw/u32be", redaction("defaults")) == nil)
    }

    @Test("withholds bytes that only values would show to be secret")
    func withheld() throws {
        let bytes = Array("…password…hunter2".utf8)
        func found(_ codec: String, _ rules: String...) throws -> RedactedBytes? {
            let redaction = Redaction(
                rules: try rules.map { try RedactionRule(option: $0) }, pseudonyms: Self.pseudonyms)
            return redaction.bytes(bytes.span.bytes, codec: try CodecRegistry.codec(named: codec))
        }
        let all = RedactedBytes(bytes: [], places: ["bytes"], withheld: bytes.count)
        #expect(try found("pickle", "defaults") == all)
        #expect(try found("msgpack", "key=x") == all)
        #expect(try found("json", "path=$.a") == all)
        #expect(try found("json", "defaults") == nil)
        #expect(try found("pickle", "regex=hunter.")?.places == ["bytes[14:21]"])
        #expect(try found("pickle", "regex=nothing") == nil)
    }

    @Test("finds secrets around a payload and in what a pickle's value does not show")
    func around() throws {
        func holds(_ frame: String, _ payload: Range<Int>, _ codec: String) throws -> Bool {
            try redaction("defaults").holdsSecret(
                Array(frame.utf8).span.bytes, around: payload, codec: try CodecRegistry.codec(named: codec))
        }
        let head = "Authorization: x\r\nContent-Length: 2\r\n\r\n{}"
        #expect(try holds(head, head.utf8.count - 2..<head.utf8.count, "json/content-length"))
        #expect(try !holds("Content-Length: 2\r\n\r\n{}", 21..<23, "json/content-length"))
        let popped = "Vftp://u:hunter2@h\n0N."
        #expect(try holds(popped, 0..<popped.utf8.count, "pickle"))
        let named = "VApi-Key\nVhunter2\n000N."
        #expect(try holds(named, 0..<named.utf8.count, "pickle"))
        #expect(try !holds("Vhello\n0N.", 0..<10, "pickle"))
    }
}
