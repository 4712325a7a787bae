import TestSupport
import Testing

@testable import Replay

@Suite("The smallest part of a list for which something holds")
struct MinimizingTests {
    @Test(
        "is what it asks for",
        arguments: [
            (1, []), (1, [0]), (2, [1]), (8, [0, 7]), (9, [3, 4, 5]), (100, [0, 50, 99]), (100, [17]),
            (5, [0, 1, 2, 3, 4]),
        ])
    func needed(count: Int, needed: [Int]) async throws {
        var questions = 0
        let found = try await Minimizing.minimize(Array(0..<count)) { part in
            questions += 1
            return Set(needed).isSubset(of: part)
        }
        #expect(found == needed)
        #expect(questions <= 12 * (needed.count + 1), "\(questions)")
    }

    @Test("holds still, and loses any single element only by no longer holding", arguments: UInt64(0)..<200)
    func oneMinimal(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...40, using: &random)
        let clauses = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            Set((0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0..<count, using: &random) })
        }
        // Not monotonic: more is not always enough.
        func holds(_ part: [Int]) -> Bool {
            let part = Set(part)
            return clauses.allSatisfy { !$0.isDisjoint(with: part) } || (part.count % 7 == 3 && part.contains(0))
        }
        let all = Array(0..<count)
        try #require(holds(all))
        let found = try await Minimizing.minimize(all) { holds($0) }
        #expect(holds(found))
        #expect(found == found.sorted())
        for index in found.indices where found.count > 1 {
            var less = found
            less.remove(at: index)
            #expect(!holds(less), "\(found) without \(found[index])")
        }
    }

    @Test("takes out no fewer at once than it may")
    func chunks() async throws {
        var sizes: Set<Int> = []
        let found = try await Minimizing.minimize(Array(0..<64), smallestChunk: 8) { part in
            sizes.insert(part.count)
            return part.contains(63)
        }
        #expect(found.contains(63) && found.count <= 8)
        #expect(sizes.allSatisfy { $0 % 8 == 0 }, "\(sizes)")
    }

    @Test("ends with what is thrown")
    func thrown() async {
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            _ = try await Minimizing.minimize([1, 2, 3]) { _ in throw Enough() }
        }
    }
}
