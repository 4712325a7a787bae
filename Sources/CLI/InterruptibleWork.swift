/// Work that a signal to the process cancels.
enum InterruptibleWork {
    /// Does it, and tells whether it was interrupted.
    static func run<Result: Sendable>(
        until signals: AsyncStream<Int32>, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> (result: Result, isInterrupted: Bool) {
        let task = Task { try await work() }
        let watch = Task {
            for await _ in signals {
                task.cancel()
                break
            }
        }
        defer { watch.cancel() }
        let result = try await task.value
        return (result, task.isCancelled)
    }
}
