import Codecs
import Foundation
import TestSupport
import Testing

@Suite("A scan, beside CPython")
struct PickleScanComparisonTests {
    /// What CPython's two unpicklers ask for, for each pickle.
    private static func namesOfCPython(_ pickles: [[UInt8]]) throws -> [Set<String>] {
        let script = String(decoding: try Fixtures.bytes("CodecsTests/Fixtures/pickle/record_names.py"), as: UTF8.self)
        let input = pickles.map { Data($0).base64EncodedString() + "\n" }.joined()
        let output = try PickleExamples.python(script, input: Data(input.utf8))
        return try output.split(separator: 10).map { line in
            Set(
                try JSONDecoder().decode([[Data]].self, from: line).map { pair in
                    String(decoding: pair[0], as: UTF8.self) + "\u{0}" + String(decoding: pair[1], as: UTF8.self)
                })
        }
    }

    private static func namesOfScan(_ pickle: [UInt8]) -> (names: Set<String>, report: ScanReport) {
        var scanner = PickleScanner()
        let report = scanner.scanFile(pickle)
        let imports = report.findings.filter { $0.action == .importing }
        return (Set(imports.map { $0.module + "\u{0}" + $0.name }), report)
    }

    private func check(_ pickles: [[UInt8]]) throws {
        let expected = try Self.namesOfCPython(pickles)
        #expect(expected.count == pickles.count)
        var named = 0
        for (pickle, names) in zip(pickles, expected) {
            let found = Self.namesOfScan(pickle)
            #expect(found.names.isSuperset(of: names), "\(names) in \(pickle)")
            named += names.isEmpty ? 0 : 1
        }
        #expect(named > pickles.count / 20)
    }

    @Test("names whatever CPython would import, in what picklers write and in hostile pickles")
    func corpus() throws {
        let hostile = HostilePickle.all.map(\.bytes)
        try check(hostile + PickleCorpus.cases.map(\.bytes) + PickleCorpus.questions.map { Array($0.pickle) })
    }

    @Test("names whatever CPython would import, in mutations of them")
    func mutations() throws {
        var generator = SeededGenerator(seed: 20_261)
        let sources =
            HostilePickle.all.map(\.bytes)
            + PickleCorpus.cases.map(\.bytes).filter { $0.contains(0x63) || $0.contains(0x93) || $0.contains(0x69) }
            + PickleCorpus.questions.map { Array($0.pickle) }
        let short = sources.filter { $0.count > 1 && $0.count < 2_000 }
        let pickles = (0..<3_000).map { _ in Self.mutation(of: short, &generator) }
        try check(pickles)
    }

    /// A pickle with bytes changed, left out, put in, cut off, or put together with another one.
    private static func mutation(of sources: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = sources.randomElement(using: &generator) ?? []
        let opcodes = PickleOpcode.all.map(\.code)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0 where !bytes.isEmpty: bytes[place] = .random(in: 0...255, using: &generator)
            case 1 where !bytes.isEmpty: bytes.remove(at: place)
            case 2: bytes.insert(opcodes.randomElement(using: &generator) ?? 0, at: min(place, bytes.count))
            case 3 where bytes.count > 4: bytes.removeLast(Int.random(in: 1...3, using: &generator))
            case 4: bytes += sources.randomElement(using: &generator) ?? []
            case 5:
                let other = sources.randomElement(using: &generator) ?? []
                bytes.insert(contentsOf: other.dropLast(), at: min(place, bytes.count))
            default:
                if !bytes.isEmpty { bytes[place] = opcodes.randomElement(using: &generator) ?? 0 }
            }
        }
        return bytes
    }

    @Test("maps the names of Python 2 as CPython does")
    func mapping() throws {
        let script = """
            import _compat_pickle as c, json
            print(json.dumps([[k, v] for k, v in c.IMPORT_MAPPING.items()]))
            print(json.dumps([[*k, *v] for k, v in c.NAME_MAPPING.items()]))
            """
        let lines = try PickleExamples.python(script).split(separator: 10)
        try #require(lines.count == 2)
        for pair in try JSONDecoder().decode([[String]].self, from: lines[0]) {
            #expect(PythonTwoNames.modules[pair[0]] == pair[1])
        }
        for names in try JSONDecoder().decode([[String]].self, from: lines[1]) {
            let mapped = try #require(PythonTwoNames.mapped(module: names[0], name: names[1]))
            #expect(mapped == (names[2], names[3]))
        }
    }
}
