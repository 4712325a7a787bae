import Testing

@testable import Recorder

@Suite("Things in the order in which they came")
struct AgeQueueTests {
    @Test("however many are of interest, each one that is added costs a few looks") func tidying() {
        var queue = AgeQueue<Int>()
        var looks = 0
        let count = 20_000
        for number in 0..<count {
            queue.append(number)
            // As often as packets come.
            for _ in 0..<3 {
                queue.tidy(100) { _ in
                    looks += 1
                    return true
                }
            }
        }
        #expect(looks < 4 * count)
        #expect(queue.count == count)
    }

    @Test("what is of no interest any more is forgotten, in the order of the others") func forgetting() {
        var queue = AgeQueue<Int>()
        for number in 0..<10_000 {
            queue.append(number)
            queue.tidy(8) { $0.isMultiple(of: 1_000) }
            #expect(queue.count <= 2 * 10 + 64 + 1)
        }
        var taken: [Int] = []
        while let oldest = queue.takeOldest(where: { $0.isMultiple(of: 1_000) }) { taken.append(oldest) }
        #expect(taken == (0..<10).map { $0 * 1_000 })
    }
}
