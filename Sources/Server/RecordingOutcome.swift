internal import Synchronization

/// Whether the recording failed while the server ran; known once, awaited by whoever asks.
final class RecordingOutcome: Sendable {
    private struct State {
        var isKnown = false
        var failure: (any Error)?
        var waiting: [CheckedContinuation<(any Error)?, Never>] = []
    }

    private let state = Mutex(State())

    /// The failure, or nil when the server ended without one; waits for either.
    var failure: (any Error)? {
        get async {
            await withCheckedContinuation { continuation in
                let known: ((any Error)?)? = state.withLock { state in
                    if state.isKnown { return .some(state.failure) }
                    state.waiting.append(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    /// Tells it; only the first call counts.
    func settle(_ failure: (any Error)?) {
        let waiting = state.withLock { state in
            guard !state.isKnown else { return [CheckedContinuation<(any Error)?, Never>]() }
            state.isKnown = true
            state.failure = failure
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: failure) }
    }
}
