import Foundation
import Testing

@testable import Codecs

@Suite("Random values, pickled by the python3 of the path")
struct PickleRandomTests {
    /// Makes values from a seed, without two equal texts or bytes that are different objects: all come from one pool. Texts
    /// that Python itself keeps once (of one character) are in it, too.
    static let script = #"""
        import base64, pickle, random, sys
        chance = random.Random(20240229)
        letters = "abcxyz019 \\\"'\n\r\t\0\x1a\x7f\x80\xe9\xff\u0100\u20ac\ud800\udfff\U0001f600/$"
        texts = sorted({"".join(chance.choice(letters) for _ in range(chance.choice((0, 1, 2, 3, 5, 8, 20, 127, 128, 129, 255, 256, 300)))) for _ in range(200)})
        blobs = sorted({bytes(chance.randrange(256) for _ in range(chance.choice((0, 1, 2, 5, 128, 129, 255, 256, 700)))) for _ in range(60)})
        def number():
            kind = chance.randrange(6)
            if kind == 0: return chance.randrange(-300, 300)
            if kind == 1: return chance.randrange(-70000, 70000)
            if kind == 2: return chance.randrange(-2**33, 2**33)
            if kind == 3: return chance.choice((1, -1)) * (2 ** chance.randrange(5, 80) + chance.randrange(-1, 2))
            if kind == 4: return chance.choice((1, -1)) << chance.randrange(60, 2100)
            return chance.randrange(-2**300, 2**300)
        def real():
            kind = chance.randrange(6)
            if kind == 0: return chance.random()
            if kind == 1: return round(chance.uniform(-1e4, 1e4), chance.randrange(4))
            if kind == 2: return chance.uniform(-1, 1) * 10.0 ** chance.randrange(-320, 308)
            if kind == 3: return float(chance.randrange(-2**60, 2**60))
            if kind == 4: return chance.choice((0.0, -0.0, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 5e-324, 2.0**53, 2.0**54 - 4))
            return chance.choice((float("inf"), float("-inf"), float("nan"), 0.1, 100.25))
        def value(depth, seen):
            kind = chance.randrange(16)
            if depth == 0 or kind < 6:
                kind = chance.randrange(7)
                if kind == 0: return chance.choice((None, True, False))
                if kind == 1: return number()
                if kind == 2: return real()
                if kind == 3: return chance.choice(blobs) if chance.random() < 0.5 else chance.choice(texts)
                if kind == 4 and seen: return chance.choice(seen)
                return chance.choice(texts)
            count = chance.choice((0, 1, 2, 3, 4, 5, 7))
            if depth < 3 and chance.random() < 0.01: count = chance.choice((999, 1000, 1001, 2000, 2001))
            if kind < 9: made = []
            elif kind < 12: made = {}
            elif kind == 12: made = tuple(value(depth - 1, seen) for _ in range(count))
            elif kind == 13: made = {key() for _ in range(count)}
            elif kind == 14: made = frozenset(key() for _ in range(count))
            else: made = bytearray(chance.choice(blobs))
            if made or type(made) in (list, dict, set, bytearray): seen.append(made)
            if type(made) is list: made.extend(value(depth - 1, seen) for _ in range(count))
            if type(made) is dict:
                for _ in range(count): made[key()] = value(depth - 1, seen)
            return made
        def key():
            kind = chance.randrange(8)
            if kind == 0: return number()
            if kind == 1: return (chance.choice(texts), number())
            if kind == 2: return chance.choice(blobs)
            return chance.choice(texts)
        values = [value(chance.randrange(7), []) for _ in range(60)]
        for count in (0, 1, 999, 1000, 1001, 2000, 2001, 3000):
            values += [list(range(count)), dict.fromkeys(range(count)), set(range(count)), frozenset(range(count)), tuple(range(count))]
        for count in (65520, 65535, 65536):
            values += ["x" * count, [1, "x" * count, 2], b"y" * count, [b"y" * count, b"z" * count], bytearray(count)]
        values += [[None] * 65536, ["%d" % i for i in range(7000)], list(range(23000))]
        out = []
        for index, v in enumerate(values):
            for protocol in range(6):
                data = pickle.dumps(v, protocol)
                out.append("%d %d %s" % (index, protocol, base64.b64encode(data).decode()))
        print("\n".join(out))
        """#

    @Test("come back byte for byte through the notation, in every protocol")
    func bytes() throws {
        let output = try PickleExamples.python(Self.script)
        let lines = output.split(separator: 10)
        #expect(lines.count > 700)
        var exact = 0
        for line in lines {
            let parts = line.split(separator: 32)
            guard parts.count == 3, let version = Int(String(decoding: parts[1], as: UTF8.self)),
                let pickle = Data(base64Encoded: Data(parts[2]))
            else {
                Issue.record("an unreadable line")
                return
            }
            let tree = try PickleExamples.tree(of: Array(pickle))
            let text = try PickleExamples.notation(of: tree)
            let written = try PickleExamples.pickle(PickleExamples.tree(reading: text), version: version)
            if written == Array(pickle) {
                exact += 1
            } else {
                Issue.record(
                    "value \(String(decoding: parts[0], as: UTF8.self)), protocol \(version): \(text.prefix(120))")
            }
        }
        #expect(exact == lines.count)
    }
}
