import Foundation
import Testing

@testable import Codecs

@Suite("An ordinary pickle is proved while it is read")
struct PickleOrdinaryTests {
    private static func tree(of pickle: [UInt8]) throws -> ValueTree { try PickleExamples.tree(of: pickle) }

    /// The pickles that a script prints in base64, one a line.
    private static func pickles(_ script: String) throws -> [[UInt8]] {
        try PickleExamples.python(script).split(separator: 10).map { line in
            Array(try #require(Data(base64Encoded: Data(line))))
        }
    }

    @Test(
        "plain data of CPython that has a frame is ordinary, in protocols 4 and 5, and the writer says the same of it")
    func plainData() throws {
        let script = """
            import base64, pickle
            def own(text): return ''.join(list(text))
            record = {'id': 7, 'name': 'lamp', 'price': 2.5, 'tags': ['a', 'b'], 'size': (1, 2), 'none': None, 'ok': True}
            one = ['x']
            values = [record, [dict(record) for _ in range(3)], [1], {'a': 1}, (1,), (1, 2, 3), (1, 2, 3, 4, 5), {1, 2}, {1},
                      [one, one], [one, {'k': one}], b'bytes', [b'', b'a', b'a'], 'x' * 300, ['y' * 200] * 2, 'e' * 65_535,
                      [0, 255, 256, 65_535, 65_536, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63, -2**63, 2**64, 2**2000],
                      list(range(999)), list(range(1000)), list(range(1001)), list(range(2000)), list(range(2001)),
                      {n: n for n in range(999)}, set(range(999)), [own('ab') for _ in range(3)],
                      [{'name': own('lamp'), 'at': own('lamp')} for _ in range(5)], [{'n': n, 'name': 'n%d' % n} for n in range(9_000)],
                      [own('e') for _ in range(3)], ['\\u00e9' * 64, '\\u00e9' * 64], {(1, 2): 3, None: 4, b'k': 5}]
            for value in values:
                for protocol in (4, 5): print(base64.b64encode(pickle.dumps(value, protocol)).decode())
            """
        let pickles = try Self.pickles(script)
        #expect(pickles.count == 60)
        for pickle in pickles {
            let tree = try Self.tree(of: pickle)
            #expect(tree.isOrdinaryPickle, "\(pickle.prefix(60)), of \(pickle.count) bytes")
            let settings = PickleWriter.writtenSettings(of: tree)
            #expect(settings != nil)
            #expect(PickleTextIdentity.find(in: tree) == settings?.strings, "\(pickle.prefix(60))")
        }
    }

    /// A pickle of protocol 4 in one frame.
    private static func framed(_ opcodes: [UInt8]) -> [UInt8] {
        [0x80, 4, 0x95] + withUnsafeBytes(of: UInt64(opcodes.count).littleEndian) { Array($0) } + opcodes
    }

    @Test(
        "what reads the same and is written otherwise is not ordinary",
        arguments: [
            ("a number in two bytes", [0x4D, 5, 0, 0x2E]), ("a number in four bytes", [0x4A, 5, 1, 0, 0, 0x2E]),
            ("a long number that is short", [0x8A, 4, 0, 0, 0, 1, 0x2E]),
            ("a long number with a byte too much", [0x8A, 6, 0, 0, 0, 0, 1, 0, 0x2E]),
            ("a short text in the long form", [0x58, 2, 0, 0, 0, 0x61, 0x62, 0x94, 0x2E]),
            ("a text that is not memoized", [0x8C, 1, 0x61, 0x4E, 0x86, 0x94, 0x2E]),
            ("a number that is memoized", [0x4B, 5, 0x94, 0x2E]),
            ("an empty tuple that is memoized", [0x29, 0x94, 0x2E]),
            ("a list that is memoized twice", [0x5D, 0x94, 0x94, 0x4E, 0x61, 0x2E]),
            ("a list that is put", [0x5D, 0x71, 0, 0x4E, 0x61, 0x2E]),
            ("a batch of one", [0x5D, 0x94, 0x28, 0x4E, 0x65, 0x2E]),
            ("a batch of none", [0x5D, 0x94, 0x28, 0x65, 0x2E]),
            ("one after the other", [0x5D, 0x94, 0x4E, 0x61, 0x4E, 0x61, 0x2E]),
            ("two batches", [0x5D, 0x94, 0x28, 0x4E, 0x4E, 0x65, 0x28, 0x4E, 0x4E, 0x65, 0x2E]),
            ("pairs one by one", [0x7D, 0x94, 0x4B, 1, 0x4E, 0x73, 0x4B, 2, 0x4E, 0x73, 0x2E]),
            ("a list filled after it was fetched", [0x5D, 0x94, 0x68, 0, 0x4E, 0x61, 0x86, 0x94, 0x2E]),
            ("a short tuple behind a MARK", [0x28, 0x4E, 0x74, 0x94, 0x2E]),
            ("a doubled value", [0x4E, 0x32, 0x86, 0x94, 0x2E]), ("a value that is popped", [0x4E, 0x4E, 0x30, 0x2E]),
            ("a value left on the stack", [0x4E, 0x4E, 0x4E, 0x2E]), ("an open MARK", [0x28, 0x4E, 0x4E, 0x2E]),
            ("a fetch in the long form", [0x5D, 0x94, 0x6A, 0, 0, 0, 0, 0x61, 0x2E]),
            ("another PROTO", [0x80, 4, 0x4E, 0x4E, 0x86, 0x94, 0x2E]),
            ("an empty frame", [0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E]),
            ("bytes behind the STOP", [0x4E, 0x4E, 0x86, 0x94, 0x2E, 0x4E]),
            ("a call", [0x63, 0x6D, 0x0A, 0x6E, 0x0A, 0x94, 0x29, 0x52, 0x94, 0x2E]),
        ] as [(String, [UInt8])])
    func otherwise(_ name: String, _ opcodes: [UInt8]) throws {
        let tree = try Self.tree(of: Self.framed(opcodes))
        #expect(!tree.isOrdinaryPickle)
    }

    @Test("values left on the stack are none of an ordinary pickle, however much stands beside them")
    func leftBeside() throws {
        // A list in lists, deeper than the limit, and nothing.
        let deep = Array([[UInt8]](repeating: [0x5D, 0x94], count: 10_002).joined())
        let appended = [UInt8](repeating: 0x61, count: 10_001)
        #expect(try !Self.tree(of: Self.framed(deep + appended + [0x4E, 0x2E])).isOrdinaryPickle)
        // Nothing, and a list of lists in eleven batches, one of which is fetched again.
        let list: [UInt8] = [0x5D, 0x94, 0x4E, 0x61]
        func batch(_ count: Int, _ last: [UInt8] = []) -> [UInt8] {
            [0x28] + [[UInt8]](repeating: list, count: count).joined() + last + [0x65]
        }
        let lists = [0x5D, 0x94] + batch(999, [0x68, 1]) + [[UInt8]](repeating: batch(1_000), count: 10).joined()
        let left = try Self.tree(of: Self.framed([0x4E] + lists + [0x2E]))
        #expect(!left.isOrdinaryPickle)
        // Without what was left it is one.
        #expect(try Self.tree(of: Self.framed(lists + [0x2E])).isOrdinaryPickle)
    }

    @Test("a frame that is too short, too long, in the wrong place or missing is not ordinary")
    func frames() throws {
        let opcodes: [UInt8] = [0x5D, 0x94, 0x28, 0x4E, 0x4E, 0x65, 0x2E]
        #expect(try Self.tree(of: Self.framed(opcodes)).isOrdinaryPickle)
        #expect(try !Self.tree(of: [0x80, 4] + opcodes).isOrdinaryPickle)
        #expect(try !Self.tree(of: Array(Self.framed(opcodes).dropFirst(2))).isOrdinaryPickle)
        var other = Self.framed(opcodes)
        other[3] -= 1
        #expect(try !Self.tree(of: other).isOrdinaryPickle)
        #expect(try !Self.tree(of: Self.framed(opcodes) + [0]).isOrdinaryPickle)
        #expect(
            try !Self.tree(of: [0x80, 4] + Self.framed(opcodes).dropFirst(2).prefix(9) + [0x80, 4] + opcodes)
                .isOrdinaryPickle)
    }

    @Test("the writer says the same of frames that begin one opcode sooner or later, and of any change")
    func changes() throws {
        let pickles = try Self.pickles(Self.changed)
        #expect(pickles.count > 4000)
        var ordinary = 0
        for pickle in pickles {
            let tree = ValueTree()
            guard (try? PickleReader.read(pickle.span.bytes, into: tree, limits: DecodingLimits())) != nil else {
                continue
            }
            guard tree.isOrdinaryPickle else { continue }
            ordinary += 1
            let settings = PickleWriter.exactSettings(of: tree)
            #expect(
                settings == PickleWriter.writtenSettings(of: tree), "\(pickle.prefix(100)), of \(pickle.count) bytes")
        }
        #expect(ordinary > 300)
    }

    /// Changes opcodes of pickles and gives their frames the right lengths again.
    private static let changed = """
        import base64, pickle, pickletools, random, struct
        chance = random.Random(7)
        def opcodes(data):
            starts = [place for _, _, place in pickletools.genops(data)] + [len(data)]
            return [data[start:end] for start, end in zip(starts, starts[1:])]
        def show(parts):
            frames = [index for index, part in enumerate(parts) if part[:1] == b'\\x95'] + [len(parts)]
            for index, end in zip(frames, frames[1:]):
                parts[index] = b'\\x95' + struct.pack('<Q', sum(map(len, parts[index + 1:end])))
            print(base64.b64encode(b''.join(parts)).decode())
        long = [chr(97 + n) * 16_000 for n in range(9)]
        own = [''.join(list('key%d' % (n % 3))) for n in range(9)]
        values = [[1, 300, -5, 'ab', ('cd', 2.5), {'ab': ['cd'], 'ef': 'ab'}, [], {}, ()], [{'id': n, 'to': own[n]} for n in range(6)],
                  {'\\u00e9' * 65: own[:3], '\\u00e9' * 60: own[3:6], 'x' * 129: own[6]}, [own[0], 'a', b'a', b'', {own[1]: own[4]}, {2, 3}],
                  [(1, 2, 3, text, [text]) for text in long], [[text, {text: 1}, [1, text]] for text in long], [[[text], 5] for text in long]]
        others = [b'N', b'K\\x05', b'M\\x05\\x00', b'\\x94', b'(', b']\\x94', b'}\\x94', b')', b'a', b'e', b's', b'u', b't', b'\\x85', b'\\x86', b'0',
                  b'h\\x00', b'h\\x01', b'\\x8c\\x02ab\\x94', b'\\x95' + bytes(8)]
        for value in values:
            whole = opcodes(pickle.dumps(value, 4))
            frames = [index for index, part in enumerate(whole) if part[:1] == b'\\x95']
            for count in range(600 if len(frames) < 2 else 150):
                parts = list(whole)
                if len(frames) > 1 and count % 2:
                    index = chance.choice(frames)
                    frame = parts.pop(index)
                    parts.insert(max(1, min(len(parts), index + chance.choice((-3, -2, -1, 1, 2, 3)))), frame)
                else:
                    index = chance.randrange(2, len(parts))
                    kind = chance.randrange(4)
                    if kind == 0: del parts[index]
                    elif kind == 1: parts.insert(index, parts[index])
                    elif kind == 2: parts.insert(index, chance.choice(others))
                    else: parts[index] = chance.choice(others)
                show(parts)
            for _ in range(300 if len(frames) < 2 else 0): show(list(whole))
        """
}
