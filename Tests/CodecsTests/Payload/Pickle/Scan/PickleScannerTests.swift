import Codecs
import Foundation
import Testing

@Suite("A scan of pickles")
struct PickleScannerTests {
    private static func scan(_ bytes: [UInt8], allowing extra: [String] = []) -> ScanReport {
        var scanner = PickleScanner(policy: NamePolicy(allowing: extra))
        return scanner.scanFile(bytes)
    }

    @Test("sees through every trick", arguments: HostilePickle.all)
    func tricks(pickle: HostilePickle) {
        let report = Self.scan(pickle.bytes)
        #expect(report.verdict == (pickle.isDangerous ? .dangerous : .suspicious))
        let found = report.findings.filter { $0.fullName == pickle.name }
        #expect(found.contains { $0.verdict == report.verdict }, "\(report.findings)")
    }

    @Test("finds nothing wrong with plain data of the standard library, as every CPython wrote it")
    func plainData() {
        let plain = [
            "int", "float", "str", "bytes", "list", "dict", "tuple", "set", "frozenset", "bytearray", "text", "unicode",
            "none", "bool", "long",
        ]
        var count = 0
        for item in PickleCorpus.cases where !item.isHandMade {
            guard plain.contains(String(item.name.prefix { $0 != "/" && $0 != "-" })) else { continue }
            let report = Self.scan(item.bytes)
            #expect(report.verdict == .allowed, "\(item.name), Python \(item.python): \(report.findings)")
            count += 1
        }
        #expect(count > 200)
    }

    @Test("tells where a name stands and what is done with it")
    func places() {
        let report = Self.scan(Array("N0cos\nsystem\n(S'id'\ntR.".utf8))
        #expect(report.findings.map(\.action) == [.importing, .call])
        #expect(report.findings.map(\.offset) == [2, 21])
        #expect(report.findings.map(\.opcode) == ["GLOBAL", "REDUCE"])
        #expect(report.pickles == 1)
    }

    @Test("allows what the plain types of the standard library are made of, in every protocol, and counts it once")
    func standardTypes() throws {
        let script = """
            import array, base64, collections, datetime, decimal, fractions, ipaddress, pathlib, pickle, types, uuid
            values = [
                b'\\xff', {1}, frozenset('a'), bytearray(b'x'), 1j, range(3), collections.OrderedDict(a=1),
                collections.defaultdict(list), collections.deque([1]), collections.Counter('aab'), decimal.Decimal(1),
                datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.date(2020, 1, 1), fractions.Fraction(1, 3),
                datetime.timedelta(1), uuid.UUID(int=5), ipaddress.ip_address('::1'), array.array('i', [1]),
                pathlib.PurePosixPath('/a'), types.SimpleNamespace(a=1), ValueError('x'),
            ]
            for value in values:
                for protocol in range(6):
                    print(base64.b64encode(pickle.dumps([value, value.__class__], protocol) * 2).decode())
            """
        let lines = try PickleExamples.python(script).split(separator: 10)
        #expect(lines.count == 21 * 6)
        for line in lines {
            let report = Self.scan(Array(try #require(Data(base64Encoded: Data(line)))))
            #expect(report.verdict == .allowed, "\(report.findings.filter { $0.verdict > .allowed })")
            #expect(report.findings.allSatisfy { $0.count % 2 == 0 }, "\(report.findings)")
            #expect(report.pickles == 2)
        }
    }

    @Test("takes the word of the user for a name", arguments: ["os:system", "os.system"])
    func allowing(name: String) {
        let pickle = Array("cos\nsystem\n(S'id'\ntR.".utf8)
        #expect(Self.scan(pickle, allowing: [name]).verdict == .allowed)
        #expect(Self.scan(pickle, allowing: ["os:popen"]).verdict == .dangerous)
    }

    @Test("lists a thing that is done a million times once")
    func counts() {
        let report = Self.scan(Array(String(repeating: "cshop\nOrder\n)R0", count: 20_000).utf8) + [0x4E, 0x2E])
        #expect(report.findings.count == 2)
        #expect(report.findings.allSatisfy { $0.count == 20_000 })
    }

    @Test("tells of a frame whose end an argument crosses, and follows both ways that it is read")
    func crossedFrame() {
        let whole = [0x80, 4, 0x95, 4, 0, 0, 0, 0, 0, 0, 0] + Array("cos\nsystem\n.".utf8)
        #expect(Self.scan(whole).findings.map(\.fullName) == ["os:system"], "the lines end with it")
        let crossed = [0x80, 4, 0x95, 2, 0, 0, 0, 0, 0, 0, 0] + Array("cXos\nsystem\n.".utf8)
        let report = Self.scan(crossed)
        #expect(report.findings.filter { $0.action == .importing }.map(\.fullName) == ["Xos:system", "os:system"])
        #expect(report.findings.contains { $0.action == .problem && $0.reason.contains("crosses") })
    }

    @Test(
        "lists what it cannot follow",
        arguments: [
            [], [0x7B], [0x4E], [0x4E, 0xFF, 0x2E], [0x2E], [0x68, 3, 0x2E], [0x8B, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E],
        ] as [[UInt8]])
    func problems(bytes: [UInt8]) {
        let report = Self.scan(bytes)
        #expect(report.verdict == .suspicious)
        #expect(report.findings.contains { $0.action == .problem })
    }

    @Test("passes over zeros and line ends behind the last pickle")
    func padding() {
        #expect(Self.scan([0x4E, 0x2E, 0, 0, 10]).verdict == .allowed)
        #expect(Self.scan([0x4E, 0x2E, 0, 0, 0x63]).verdict == .suspicious)
    }

    @Test("stays linear in hostile pickles", .timeLimit(.minutes(1)))
    func bounded() {
        // A million MARKs; frames that all reach to the end; pickles in pickles; texts that begin like pickles.
        #expect(Self.scan([UInt8](repeating: 0x28, count: 1_000_000)).verdict == .suspicious)
        let frames = [UInt8]((0..<20_000).flatMap { _ in [0x95, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E] as [UInt8] })
        _ = Self.scan(frames)
        var nested: [UInt8] = Array("cos\nsystem\n.".utf8)
        for _ in 0..<100 {
            let count = UInt32(nested.count)
            nested = [0x80, 4, 0x42] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + nested + [0x2E]
        }
        #expect(Self.scan(nested).verdict >= .suspicious)
        // A name of 100,000 parts.
        let dots = Array(("c" + String(repeating: "a.", count: 100_000) + "\nb\n.").utf8)
        #expect(Self.scan(dots).verdict == .suspicious)
        _ = Self.scan(
            (0..<20_000).flatMap { _ in [0x43, 6, 0x28, 0x28, 0x28, 0x28, 0x28, 0x28, 0x30] as [UInt8] } + [0x4E, 0x2E])
    }

    @Test("follows a memo that goes on from message to message")
    func messages() {
        var scanner = PickleScanner()
        #expect(scanner.scanMessage([0x80, 4, 0x8C, 2] + Array("os".utf8) + [0x94, 0x2E]).verdict == .allowed)
        let report = scanner.scanMessage([0x80, 4, 0x68, 0, 0x8C, 6] + Array("system".utf8) + [0x93, 0x2E])
        #expect(report.findings.contains { $0.fullName == "os:system" && $0.verdict == .dangerous })
    }

    @Test("names the worst of what a message that was read would import")
    func worstName() throws {
        let tree = try PickleExamples.tree(of: [0x80, 4] + Array("ccollections\nCounter\n0cos\nsystem\n.".utf8))
        let worst = try #require(PickleScanner.worstName(in: tree, policy: NamePolicy()))
        #expect(worst.name == "os:system")
        #expect(worst.verdict == .dangerous)
        #expect(PickleScanner.worstName(in: try PickleExamples.tree(of: [0x4E, 0x2E]), policy: NamePolicy()) == nil)
        // Without PROTO a name is Python 2's, whatever opcodes follow.
        let old = try PickleExamples.tree(of: Array("c__builtin__\ncomplex\n".utf8) + [0x8C, 1, 0x61, 0x30, 0x2E])
        #expect(old.settings.protocolVersion == 4)
        #expect(PickleScanner.worstName(in: old, policy: NamePolicy())?.verdict == .allowed)
    }
}
