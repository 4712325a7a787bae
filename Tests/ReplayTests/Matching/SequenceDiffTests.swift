import TestSupport
import Testing

@testable import Replay

@Suite("The elements of two sequences that stand for each other")
struct SequenceDiffTests {
    private func isInOrder(_ matches: [SequenceDiff.Match]) -> Bool {
        zip(matches, matches.dropFirst()).allSatisfy { $0.left < $1.left && $0.right < $1.right }
    }

    /// The length of the longest common subsequence, by the table that every textbook has.
    private func longest(_ left: [Int], _ right: [Int]) -> Int {
        var row = [Int](repeating: 0, count: right.count + 1)
        for element in left {
            var diagonal = 0
            for (index, other) in right.enumerated() {
                let above = row[index + 1]
                row[index + 1] = element == other ? diagonal + 1 : max(above, row[index])
                diagonal = above
            }
        }
        return row[right.count]
    }

    @Test("are as many as the longest common subsequence has", arguments: [2, 3, 10, 100])
    func random(alphabet: Int) {
        var generator = SeededGenerator(seed: UInt64(alphabet))
        for _ in 0..<300 {
            let left = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                Int.random(in: 0..<alphabet, using: &generator)
            }
            let right = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                Int.random(in: 0..<alphabet, using: &generator)
            }
            let matches = SequenceDiff.matches(left, right)
            #expect(isInOrder(matches))
            #expect(matches.allSatisfy { left[$0.left] == right[$0.right] })
            #expect(matches.count == longest(left, right), "\(left) \(right)")
        }
    }

    @Test("are found in long sequences with few differences")
    func long() {
        let left = Array(0..<200_000)
        var right = left
        right.insert(-1, at: 0)
        right.remove(at: 100_000)
        right[150_000] = -2
        let matches = SequenceDiff.matches(left, right)
        #expect(matches.count == 199_998)
        #expect(isInOrder(matches))
    }

    @Test("are found at what both have once, where the differences are too many to be followed")
    func patience() {
        // Of every three elements one is the same, the others are all new.
        let left = (0..<30_000).map { $0 % 3 == 0 ? $0 : -$0 }
        let right = (0..<30_000).map { $0 % 3 == 0 ? $0 : -$0 - 1_000_000 }
        let matches = SequenceDiff.matches(left, right)
        #expect(matches.count == 10_000)
        #expect(matches.allSatisfy { left[$0.left] == right[$0.right] })
    }

    @Test("are given up where too much would have to be looked at")
    func bounded() {
        var looks = 0
        let matches = SequenceDiff.matches(0..<1_000_000, 0..<1_000_000, steps: 100_000) { _, _ in
            looks += 1
            return false
        }
        #expect(matches.isEmpty)
        #expect(looks < 1_000_000)
    }
}
