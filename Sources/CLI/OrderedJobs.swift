/// Work on several things at the same time, whose results are wanted in their order.
enum OrderedJobs {
    /// Does the work for each element, so many at once, and gives each result as soon as those before it are there.
    ///
    /// Where a result cannot be taken, what was begun is cancelled. In a cancelled task, and once a result says that it is
    /// enough, nothing more is begun; what was begun is waited for, and its results are given.
    ///
    /// `isEnough`: asked of each result as soon as it is there.
    static func run<Elements: Collection, Result: Sendable>(
        _ elements: Elements, atOnce count: Int, _ work: @escaping @Sendable (Elements.Element) async -> Result,
        isEnough: (Result) -> Bool = { _ in false }, each take: (Result) throws -> Void
    ) async throws where Elements.Element: Sendable {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var next = 0
            var taken = 0
            var early: [Int: Result] = [:]
            var rest = elements.makeIterator()
            var hasEnough = false
            func begin() {
                guard !hasEnough, !Task.isCancelled, let element = rest.next() else { return }
                let number = next
                next += 1
                group.addTask { (number, await work(element)) }
            }
            for _ in 0..<max(count, 1) { begin() }
            while let (number, result) = try await group.next() {
                if isEnough(result) { hasEnough = true }
                early[number] = result
                while let result = early.removeValue(forKey: taken) {
                    taken += 1
                    try take(result)
                }
                begin()
            }
        }
    }
}
