import Foundation
import Testing

@testable import Codecs

@Suite("Whether a pickle's text gives its bytes back")
struct PickleExactnessTests {
    private static func form(_ pickle: [UInt8]) throws -> ReadableForm {
        var output = ByteWriter()
        return try PickleFormat().writeReadable(
            PickleExamples.tree(of: pickle), limits: DecodingLimits(), into: &output)
    }

    /// Pickles of values around the sizes of frames, as CPython dumps them, in protocols 3 to 5.
    private static let framed: [[UInt8]] = {
        let script = """
            import base64, pickle
            big = 64 << 10
            values = [b'x' * (big - 1), b'x' * big, 'y' * big, [b'x' * big, 1], [1, b'x' * big], [1, 2, b'x' * big, 'y' * big, 3],
                      list(range(40_000)), ['t%d' % n for n in range(20_000)], {n: [n] for n in range(20_000)},
                      (b'x' * big,), [[[b'x' * big]]], [b'a' * 40_000, b'b' * 40_000, b'c' * 40_000], {b'x' * big: 'z' * big},
                      [{'id': n, 'name': 'n%d' % (n % 7)} for n in range(9_000)], ['k'] * 70_000, [bytearray(b'x' * big), 0]]
            for value in values:
                for protocol in (3, 4, 5):
                    print(base64.b64encode(pickle.dumps(value, protocol)).decode())
            """
        let output = (try? PickleExamples.python(script)) ?? Data()
        return output.split(separator: 10).compactMap { Data(base64Encoded: Data($0)).map { Array($0) } }
    }()

    @Test("holds for pickles of several frames, of long texts between frames and of frames of a few bytes")
    func frames() throws {
        #expect(Self.framed.count == 48)
        for (index, pickle) in Self.framed.enumerated() {
            #expect(try Self.form(pickle).isExact, "pickle \(index), of \(pickle.count) bytes")
        }
    }

    @Test("does not hold where any one byte is another one, wherever it stands")
    func changed() throws {
        let script = """
            import base64, pickle
            print(base64.b64encode(pickle.dumps([{'id': n, 'name': 'name %d' % n} for n in range(60)], 4)).decode())
            """
        let pickle = Array(try #require(Data(base64Encoded: try PickleExamples.python(script).prefix { $0 != 10 })))
        #expect(try Self.form(pickle).isExact)
        for index in pickle.indices {
            var other = pickle
            other[index] ^= 1
            let tree = ValueTree()
            guard (try? PickleReader.read(other.span.bytes, into: tree, limits: DecodingLimits())) != nil else {
                continue
            }
            guard let settings = PickleWriter.exactSettings(of: tree) else { continue }
            var written = ByteWriter()
            try PickleWriter.write(tree.root, settings: settings, into: &written)
            #expect(written.array == other, "byte \(index)")
        }
        // Bytes behind the STOP, and other ways to write the same.
        #expect(try !Self.form(pickle + [0]).isExact)
        #expect(try !Self.form([0x80, 4, 0x5D, 0x2E]).isExact, "a list is put into the memo")
        #expect(try !Self.form([0x80, 4, 0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x94, 0x2E]).isExact)
    }

    @Test("tells which equal texts were one object")
    func strings() throws {
        let cases: [(script: String, strings: StringIdentity?)] = [
            ("['ab', 'cd']", .shared), ("['ab', 'ab']", .shared), ("[{'ab': 1}, {'ab': 2}]", .shared),
            ("[''.join('ab') for _ in range(2)]", .keys),
            ("[{'ab': ''.join('cd')} for _ in range(2)]", .keys),
            ("[{''.join('ab'): ''.join('cd')} for _ in range(2)]", .distinct),
            ("[{'ab': ''.join('cd')} for _ in range(2)] + ['xy', 'xy']", nil),
        ]
        for (value, strings) in cases {
            let script = "import base64, pickle; print(base64.b64encode(pickle.dumps(\(value), 4)).decode())"
            let pickle = Array(try #require(Data(base64Encoded: try PickleExamples.python(script).prefix { $0 != 10 })))
            let form = try Self.form(pickle)
            #expect(form.isExact == (strings != nil), "\(value)")
            if let strings { #expect(form.settings.strings == strings, "\(value)") }
        }
    }
}
