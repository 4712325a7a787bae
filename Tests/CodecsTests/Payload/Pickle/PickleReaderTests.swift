import Codecs
import Testing

@Suite("A pickle's reader")
struct PickleReaderTests {
    /// Questions to which CPython's answer depends on what a call gives, or that data cannot keep.
    private static let excused: Set<String> = [
        "stack-global-python-2", "stack-global-computed", "call-computed-arguments", "new-ex-computed", "below-mark/82",
        "line/83", "on/b'\\x96\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'/readonly", "arguments/b'cm\\nn\\n'",
        "arguments-new/b'cm\\nn\\n'", "keywords/b'cm\\nn\\n'", "stack-global/b'cm\\nn\\n'",
    ]

    @Test("gives CPython's verdict on hand-made bytes")
    func verdicts() {
        #expect(PickleCorpus.questions.count > 4000)
        for question in PickleCorpus.questions where !Self.excused.contains(question.name) {
            let verdict = PickleVerdict(Array(question.pickle))
            #expect((verdict.code == nil) == question.accepted, "\(question.name): \(verdict), \(question.error ?? "")")
        }
    }

    @Test("reads all that CPython wrote, to the end, and knows the protocol")
    func corpus() {
        #expect(PickleCorpus.cases.count > 1000)
        for item in PickleCorpus.cases {
            let tree = ValueTree()
            let verdict = PickleVerdict(item.bytes, tree: tree)
            #expect(verdict.code == nil, "\(item.name): \(verdict)")
            guard !item.isHandMade else { continue }
            #expect(verdict == .read(end: item.bytes.count), "\(item.name)")
            let isPlainZero = item.protocol == 1 && tree.settings.protocolVersion == 0
            #expect(tree.settings.protocolVersion == item.protocol || isPlainZero, "\(item.name)")
        }
    }

    @Test("calls every beginning of a pickle cut short")
    func prefixes() {
        let tree = ValueTree()
        for item in PickleCorpus.cases where item.bytes.count < 400 && !item.isHandMade {
            for count in 0..<item.bytes.count {
                let verdict = PickleVerdict(Array(item.bytes[..<count]), tree: tree)
                #expect(verdict.code == .truncated, "\(item.name), \(count) bytes: \(verdict)")
            }
        }
    }

    @Test(
        "names opcode and place of what is wrong",
        arguments: [
            ("N]Na", .truncated, "STOP", 4), ("\u{7B}\u{22}a\u{22}", PayloadError.Code.malformed, "byte 0x7B", 0),
            ("NNN(Na.", .malformed, "APPEND", 5), ("}(]Nu.", .malformed, "SETITEMS", 4), ("(.", .malformed, "STOP", 1),
            (".", .malformed, "STOP", 0), ("Nh\u{5}.", .malformed, "BINGET", 1), ("NI1x\n.", .malformed, "INT", 1),
            ("NNR.", .malformed, "REDUCE", 2), ("NX\u{5}\0\0\0ab", .truncated, "BINUNICODE", 1), ("NNb.", nil, "", 0),
        ] as [(String, PayloadError.Code?, String, Int)])
    func places(text: String, code: PayloadError.Code?, word: String, offset: Int) {
        guard case .refused(let error) = PickleVerdict(Array(text.utf8)) else {
            #expect(code == nil)
            return
        }
        if let code { #expect(error.code == code) }
        #expect(error.reason.contains(word))
        #expect(error.offset == offset)
    }

    private static func nested(_ levels: Int) -> [UInt8] {
        Array(repeating: UInt8(ascii: "]"), count: levels) + Array(repeating: UInt8(ascii: "a"), count: levels - 1)
            + [UInt8(ascii: ".")]
    }

    private static func tuples(_ levels: Int) -> [UInt8] {
        [UInt8(ascii: "N")] + Array(repeating: 0x85, count: levels) + [UInt8(ascii: ".")]
    }

    @Test("refuses what is nested too deeply, without going down itself")
    func depth() {
        #expect(PickleVerdict(Self.nested(100_000)).code == .overLimit)
        #expect(PickleVerdict(Self.tuples(100_000)).code == .overLimit)
        #expect(PickleVerdict(Self.tuples(10_000)).code == nil)
        #expect(PickleVerdict(Self.tuples(10_001)).code == .overLimit)
        #expect(PickleVerdict(Self.nested(10_001)).code == nil, "the innermost list is empty")
        #expect(PickleVerdict(Self.nested(10_002)).code == .overLimit)
        // The same through the memo: each list is put into one that was fetched.
        var linked: [UInt8] = Array("]q\u{0}".utf8)
        for _ in 0..<20_000 { linked += Array("0]q\u{1}h\u{0}ah\u{1}q\u{0}0".utf8) }
        #expect(PickleVerdict(linked + Array("h\u{0}.".utf8)).code == .overLimit)
        var flat: [UInt8] = Array("](".utf8)
        for _ in 0..<50_000 { flat += Array("K\u{1}\u{29}".utf8) }
        #expect(PickleVerdict(flat + Array("e.".utf8)).code == nil)
    }

    @Test("goes through shared values once")
    func laughs() {
        var laughs: [UInt8] = Array("](K\u{1}e".utf8)
        for _ in 0..<30_000 { laughs += Array("q\u{0}](h\u{0}h\u{0}h\u{0}e".utf8) }
        #expect(PickleVerdict(laughs + [UInt8(ascii: ".")]).code == .overLimit)
        var keys: [UInt8] = Array("}N".utf8)
        for _ in 0..<5_000 { keys += [UInt8(ascii: "2"), 0x86] }
        #expect(PickleVerdict(keys + Array("Ns.".utf8)).code == nil)
        var cycle: [UInt8] = Array("]q\u{0}".utf8)
        for _ in 0..<20_000 { cycle += Array("h\u{0}a".utf8) }
        #expect(PickleVerdict(cycle + [UInt8(ascii: ".")]).code == nil)
    }

    @Test("keeps to its limits")
    func limits() {
        func code(_ bytes: [UInt8], _ set: (inout DecodingLimits) -> Void) -> PayloadError.Code? {
            var limits = DecodingLimits()
            set(&limits)
            return PickleVerdict(bytes, limits: limits).code
        }
        let marks = Array(repeating: UInt8(ascii: "("), count: 10) + Array("N.".utf8)
        #expect(code(marks) { $0.maximumMarks = 10 } == nil)
        #expect(code(marks) { $0.maximumMarks = 9 } == .overLimit)
        let million = Array(repeating: UInt8(ascii: "("), count: 1 << 20)
        #expect(code(million + Array("N.".utf8)) { _ in } == nil)
        #expect(code(million + Array("(N.".utf8)) { _ in } == .overLimit)
        #expect(code(marks) { $0.maximumOpcodes = 12 } == nil)
        #expect(code(marks) { $0.maximumOpcodes = 11 } == .overLimit)
        #expect(code(marks) { $0.maximumFrameBytes = 12 } == nil)
        #expect(code(marks) { $0.maximumFrameBytes = 11 } == .overLimit)
        let numbers = Array("](K\u{1}K\u{2}K\u{3}e.".utf8)
        #expect(code(numbers) { $0.maximumElements = 4 } == nil)
        #expect(code(numbers) { $0.maximumElements = 3 } == .overLimit)
        #expect(code(numbers) { $0.maximumMemoEntries = 4 } == nil)
        #expect(code(numbers) { $0.maximumMemoEntries = 3 } == .overLimit)
        let nothing = Array("](NNNNe.".utf8)
        #expect(code(nothing) { $0.maximumElements = 4 } == nil)
        #expect(code(nothing) { $0.maximumElements = 3 } == .overLimit)
        let memo: [UInt8] = [0x4E, 0x94, 0x94, 0x94, 0x2E]
        #expect(code(memo) { $0.maximumMemoEntries = 3 } == nil)
        #expect(code(memo) { $0.maximumMemoEntries = 2 } == .overLimit)
    }

    @Test("spends no memory on far memo entries")
    func farMemo() {
        #expect(PickleVerdict(Array("Np1000000000\n0g1000000000\n.".utf8)).code == nil)
        #expect(PickleVerdict([0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0x6A, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E]).code == nil)
        #expect(PickleVerdict(Array("Np4294967296\n.".utf8)).code == .overLimit)
        var bomb: [UInt8] = [0x4E]
        for index in UInt32(1)...100_000 {
            bomb.append(0x72)
            withUnsafeBytes(of: (index * 40_000).littleEndian) { bomb += Array($0) }
        }
        #expect(PickleVerdict(bomb + [0x2E]).code == .overLimit)
    }

    @Test("notes which values may stand in two places, and the presence of objects")
    func notes() throws {
        func tree(_ bytes: String) throws -> ValueTree {
            let tree = ValueTree()
            try PickleReader.read(Array(bytes.utf8).span.bytes, into: tree, limits: DecodingLimits())
            return tree
        }
        #expect(try tree("]q\u{0}0h\u{0}.").hasFetchedNodes)
        #expect(try !tree("U\u{1}aq\u{0}h\u{0}.").hasFetchedNodes)
        #expect(try tree("U\u{7F}" + String(repeating: "a", count: 127) + "2.").hasFetchedNodes == false)
        #expect(try tree("X\u{7F}\0\0\0" + String(repeating: "a", count: 127) + ".").hasObjects == false)
        #expect(try tree("cos\nsystem\n.").hasObjects)
        #expect(try tree("](cos\nsystem\nq\u{0}h\u{0}e.").hasFetchedNodes == false)
        let called = try tree("cm\nf\n)RK\u{1}aK\u{2}a}b.").root
        #expect(called.kind == .call)
        #expect(called.children.map(\.kind) == [.global, .tuple, .appendOperation, .stateOperation])
        #expect(called.children.map(\.childCount) == [2, 0, 2, 1])
    }
}
