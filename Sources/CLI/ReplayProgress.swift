import Recorder
import Synchronization

/// A line on a terminal that says how far a run is; nothing where stderr is none.
final class ReplayProgress: Sendable {
    private let total: Int
    private let line: ProgressLine
    private let state = Mutex(State())

    private struct State {
        var running: [String] = []
        var done = 0
        var failed = 0
        var isDrawn = false
    }

    init(total: Int, isQuiet: Bool) {
        self.total = total
        line = ProgressLine(isQuiet: isQuiet)
    }

    private var isShown: Bool { line.isShown }

    /// A recording's replay begins.
    func begin(_ path: String) {
        guard isShown else { return }
        state.withLock { state in
            state.running.append(path)
            draw(&state)
        }
    }

    /// A recording's replay has ended.
    func end(_ path: String, isFailure: Bool) {
        guard isShown else { return }
        state.withLock { state in
            state.running.firstIndex(of: path).map { _ = state.running.remove(at: $0) }
            state.done += 1
            state.failed += isFailure ? 1 : 0
            draw(&state)
        }
    }

    /// Takes the line away while something else is printed, and for good if nothing is left to be done.
    func pause(_ print: () throws -> Void) rethrows {
        guard isShown else { return try print() }
        try state.withLock { state in
            if state.isDrawn { line.clear() }
            state.isDrawn = false
            try print()
            if !state.running.isEmpty { draw(&state) }
        }
    }

    private func draw(_ state: inout State) {
        var text = "[\(state.done)/\(total)] "
        if state.failed > 0 { text += "\(state.failed) failed, " }
        text += state.running.first.map { TerminalText.escaped($0) } ?? "…"
        if state.running.count > 1 { text += " and \(state.running.count - 1) more" }
        line.show(text)
        state.isDrawn = true
    }
}
