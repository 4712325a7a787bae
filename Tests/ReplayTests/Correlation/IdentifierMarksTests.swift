import TestSupport
import Testing

@testable import Replay

@Suite("Marks of identifiers are kept by their hashes")
struct IdentifierMarksTests {
    private static let kinds: [IdentifierMarks.Mark] = [.issued, .issuedInside, .sentFirst, .returned]

    @Test(
        "each key has just the marks that it was given, also where many keys want the same place", arguments: [0, 40])
    func marks(sharedBits: UInt64) {
        var random = SeededGenerator(seed: 7)
        var marks = IdentifierMarks()
        var expected: [UInt64: IdentifierMarks.Mark] = [:]
        let keys = (0..<3_000).map { _ in (random.next() >> sharedBits) << 4 }
        for _ in 0..<20_000 {
            guard let key = keys.randomElement(using: &random), let mark = Self.kinds.randomElement(using: &random)
            else {
                continue
            }
            marks.mark(key, mark)
            expected[key, default: []].insert(mark)
        }
        #expect(keys.allSatisfy { marks[$0] == expected[$0] ?? [] })
        let others = (0..<1_000).map { _ in random.next() & ~15 }.filter { expected[$0] == nil }
        #expect(others.allSatisfy { marks[$0].isEmpty })
        for kind in Self.kinds {
            #expect(marks.count(of: kind) == expected.values.count { $0.contains(kind) })
        }
        let returned = marks.having(.returned)
        #expect(keys.allSatisfy { returned[$0] == (expected[$0]?.contains(.returned) == true ? .returned : []) })
    }

    @Test("an empty table knows nothing")
    func empty() {
        let marks = IdentifierMarks()
        #expect(marks.isEmpty && marks[1 << 40].isEmpty && marks.having(.returned).isEmpty)
    }
}
