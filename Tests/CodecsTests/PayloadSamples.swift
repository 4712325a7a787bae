import Codecs
import Foundation
import TestSupport

/// Payloads of each format for the tests that every codec must pass.
///
/// A new format needs no line here: its samples are the `payload` (base64) of the lines in `Fixtures/<name>/corpus.jsonl`.
enum PayloadSamples {
    /// Short payloads, of up to 300 bytes.
    static let byPayloadName: [String: [[UInt8]]] = Dictionary(
        uniqueKeysWithValues: CodecRegistry.payloads.map { payload in
            let name = payload.format.name
            return (name, written[name] ?? spread(of: corpus(of: name).filter { $0.count <= 300 }))
        })

    /// The longest payload of each format, for what must take no more than linear time.
    static func long(of name: String) -> [UInt8]? {
        switch name {
        case "json": [0x22] + Array(repeating: 0x61, count: 200_000) + [0x22]
        case "raw": Array(repeating: 0x61, count: 200_000)
        default: corpus(of: name).max { $0.count < $1.count }
        }
    }

    private static let written = ["json": json.map { Array($0.utf8) }, "raw": raw]

    private static func corpus(of name: String) -> [[UInt8]] {
        let text = (try? Fixtures.bytes("CodecsTests/Fixtures/\(name)/corpus.jsonl")) ?? []
        return text.split(separator: 10).compactMap { line in
            let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            let payload = (fields?["payload"] ?? fields?["pickle"]) as? String
            return payload.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
        }
    }

    /// Some two dozen of many.
    private static func spread(of payloads: [[UInt8]]) -> [[UInt8]] {
        stride(from: 0, to: payloads.count, by: max(payloads.count / 24, 1)).map { payloads[$0] }
    }

    private static let json = [
        #"{"message":"hi","id":3}"#, "[]", "{}", #""text with \"escapes\" and \\""#, "12.50", "-0", "null", "true",
        #"{"a":1,"a":2,"\u0061":[[],[{}]]}"#, #"["é","日本","😀","\ud800"]"#, #""""#, "1e400", "[1, 2,  3 ]",
        #"[""# + String(repeating: "long ", count: 50) + #""]"#, #"{"brackets":"]}[{\"","tail":"\\"}"#,
    ]

    private static let raw: [[UInt8]] = [
        Array("hello".utf8), [], Array("two words".utf8), [0], [0xFF, 0xFE, 0, 1], Array("line\nbreak".utf8), [0x0D],
        Array(0...255), Array(repeating: 0x2C, count: 300), Array("GET / HTTP/1.1\r\n".utf8),
    ]
}
