import Testing

@testable import CLI

@Suite("Work on several things at the same time")
struct OrderedJobsTests {
    @Test("gives results in the order of what it was given, whatever ends first", arguments: [1, 2, 3, 8])
    func order(count: Int) async throws {
        // Each waits for the one behind it, as far as that has been begun.
        let gates = (0...8).map { _ in AsyncStream.makeStream(of: Void.self) }
        var results: [Int] = []
        try await OrderedJobs.run(0..<8, atOnce: count) { number in
            if number % count != count - 1, number < 7 {
                for await _ in gates[number + 1].stream { break }
            }
            gates[number].continuation.yield()
            return number
        } each: {
            results.append($0)
        }
        #expect(results == Array(0..<8))
    }

    @Test("begins nothing more in a cancelled task, and gives what was done")
    func cancelled() async throws {
        let task = Task {
            var results: [Int] = []
            try await OrderedJobs.run(0..<100, atOnce: 2) {
                $0
            } each: { result in
                results.append(result)
                if result == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return results
        }
        let results = try await task.value
        #expect(results.prefix(4) == [0, 1, 2, 3])
        #expect(results.count < 8)
        #expect(results == results.sorted())
    }
}
