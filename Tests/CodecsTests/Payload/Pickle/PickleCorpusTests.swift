import Foundation
import Testing

@testable import Codecs

@Suite("Pickles that CPython made")
struct PickleCorpusTests {
    @Test("there are some")
    func corpusIsThere() { #expect(PickleExamples.all.count > 1000) }

    @Test("are written in the notation as an independent writer does", arguments: PickleExamples.all)
    func notation(example: PickleExamples.Example) throws {
        let tree = try PickleExamples.tree(of: Array(example.pickle))
        #expect(try PickleExamples.notation(of: tree) == example.notation)
    }

    /// Python 2 chose its opcodes otherwise, and 3.6 wrote frames of less than four bytes and, in protocol 0, `L1L`; 3.13
    /// leaves three values of one pickle out of the memo.
    static let reproducible = PickleExamples.all.filter { example in
        switch example.python {
        case "hand", "2.7": false
        case "3.6": example.version != 0 && !(example.version == 4 && example.pickle.count < 16)
        case "3.13": example.name != "object/arguments" || example.version > 3
        default: true
        }
    }

    @Test("come back byte for byte through the notation", arguments: reproducible)
    func bytes(example: PickleExamples.Example) throws {
        let tree = try PickleExamples.tree(reading: example.notation)
        #expect(try PickleExamples.pickle(tree, version: example.version) == Array(example.pickle))
    }

    @Test("come back byte for byte from the nodes that they read into", arguments: reproducible)
    func direct(example: PickleExamples.Example) throws {
        let tree = try PickleExamples.tree(of: Array(example.pickle))
        #expect(try PickleExamples.pickle(tree, version: example.version) == Array(example.pickle))
    }

    @Test("mean the same after a round through the notation, in every protocol", arguments: 0...5)
    func meaning(version: Int) throws {
        for example in PickleExamples.all {
            let written: [UInt8]
            do {
                written = try PickleExamples.pickle(
                    PickleExamples.tree(reading: example.notation), version: version)
            } catch {
                Issue.record("\(example.testDescription): \(error)")
                continue
            }
            let again = try PickleExamples.notation(of: PickleExamples.tree(of: written))
            #expect(again == example.notation, "\(example.testDescription)")
        }
    }

    /// CPython's own reader, with a class for everything that a pickle names, must build the same graph from what we wrote
    /// as from what CPython wrote.
    static let comparison = #"""
        import base64, json, pickle, sys

        class Anything:
            def __new__(cls, *args, **kwargs):
                made = object.__new__(cls)
                made.made = (args, kwargs)
                made.done = []
                return made
            def __init__(self, *args, **kwargs): pass
            def __setstate__(self, state): self.done.append(("state", state))
            def append(self, item): self.done.append(("append", item))
            def extend(self, items): self.done.extend(("append", item) for item in items)
            def add(self, item): self.done.append(("add", item))
            def __setitem__(self, key, value): self.done.append(("item", key, value))
            def __call__(self, *args, **kwargs): return Anything(self, *args, **kwargs)
            def __eq__(self, other): return self is other
            def __hash__(self): return id(self)

        class Reader(pickle.Unpickler):
            found = {}
            def find_class(self, module, name):
                made = type(name, (Anything,), {"__module__": module})
                return self.found.setdefault((module, name), made)
            def persistent_load(self, id): return Anything("persistent", id)

        def load(text):
            import io
            return Reader(io.BytesIO(base64.b64decode(text)), encoding="bytes", buffers=[bytearray(b"x")] * 9).load()

        def shape(root):
            # A listing of the graph: each node once, with the numbers of its parts.
            numbers, listing, pending = {}, [], [root]
            kept = []
            while pending:
                node = pending.pop()
                kept.append(node)
                kind = type(node)
                if id(node) in numbers and kind not in (str, bytes, int, float): continue
                numbers[id(node)] = len(numbers)
                parts = []
                if kind in (list, tuple, set, frozenset): parts = list(node)
                elif kind is dict: parts = [p for item in node.items() for p in item]
                elif isinstance(node, Anything): parts = [node.made, node.done]
                elif kind is type: parts = []
                plain = repr(node) if not parts and not isinstance(node, (Anything, type)) else ""
                listing.append((kind.__module__, kind.__name__, plain, len(parts)))
                pending.extend(parts[::-1])
            return listing

        different = []
        with open(sys.argv[1]) as lines:
            for line in lines:
                row = json.loads(line)
                try:
                    old = shape(load(row["old"]))
                except Exception as error:
                    continue
                try:
                    new = shape(load(row["new"]))
                except Exception as error:
                    different.append(row["name"] + ": " + repr(error))
                    continue
                if old != new:
                    different.append(row["name"])
        print(json.dumps(different))
        """#

    @Test("read in CPython as they did before")
    func pythonReads() throws {
        var rows = Data()
        for example in PickleExamples.all {
            let tree = try PickleExamples.tree(reading: example.notation)
            let written = try PickleExamples.pickle(tree, version: example.version)
            rows += try JSONEncoder().encode([
                "name": example.testDescription, "old": example.pickle.base64EncodedString(),
                "new": Data(written).base64EncodedString(),
            ])
            rows.append(10)
        }
        let output = try PickleExamples.python(Self.comparison, input: rows)
        #expect(try JSONDecoder().decode([String].self, from: output) == [])
    }
}
