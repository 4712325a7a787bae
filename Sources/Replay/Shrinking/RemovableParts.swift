internal import Recorder

/// The parts of a recording that can be taken out of it without the rest losing its sense: sessions, and requests with their
/// answers. Each is a list of places in the recording's events.
struct RemovableParts {
    /// Each with the answers of its requests that other sessions got.
    private(set) var sessions: [[Int]] = []
    /// What a client says until it is answered, with the answers.
    private(set) var turns: [[Int]] = []
    /// For each request what was answered in its turn.
    private(set) var answers: [Int: [Int]] = [:]
    /// Single requests of turns that hold several.
    private(set) var exchanges: [[Int]] = []

    /// One session on its way.
    private struct Run {
        var place: Int
        var turn: Int?
        var isGreeted = false
        /// The turn that was the last one anywhere when it was opened.
        var before: Int?
    }

    private struct Turn {
        var session: Int
        var requests: [Int] = []
        var answers: [Int] = []
        /// What other sessions were told because of it.
        var others: [Int] = []
    }

    init(_ events: [TranscriptEvent]) {
        var runs: [Int: Run] = [:]
        var turns: [Turn] = []
        for (index, event) in events.enumerated() where event.session > 0 {
            let number = event.session
            if case .opened = event.kind {
                runs[number] = Run(place: sessions.count, before: turns.indices.last)
                sessions.append([])
            }
            guard let run = runs[number] else { continue }
            sessions[run.place].append(index)
            guard case .message(let message) = event.kind else { continue }
            switch message.from {
            case .client:
                if let turn = run.turn, turns[turn].answers.isEmpty {
                    turns[turn].requests.append(index)
                    continue
                }
                runs[number]?.turn = turns.count
                turns.append(Turn(session: run.place, requests: [index]))
            case .server: take(answer: index, of: run, number, &turns, &runs)
            }
        }
        for turn in turns {
            sessions[turn.session] += turn.others
            self.turns.append(turn.requests + turn.answers + turn.others)
            for request in turn.requests { answers[request] = turn.answers + turn.others }
            exchanges += Self.exchanges(of: turn)
        }
    }

    /// Finds the request that an answer belongs to: one of its own session that is not answered yet, else the last one of any.
    private func take(answer index: Int, of run: Run, _ number: Int, _ turns: inout [Turn], _ runs: inout [Int: Run]) {
        let last = turns.indices.last
        if let own = run.turn, own == last || turns[own].answers.count < turns[own].requests.count {
            turns[own].answers.append(index)
        } else if run.turn != nil || (run.isGreeted && last != run.before), let last {
            turns[last].others.append(index)
        } else {
            // It goes with its session alone.
            runs[number]?.isGreeted = true
        }
    }

    private static func exchanges(of turn: Turn) -> [[Int]] {
        let (requests, answers) = (turn.requests, turn.answers)
        guard requests.count > 1, let last = requests.last else { return [] }
        if requests.count == answers.count {
            return zip(requests, answers).map { $0 == last ? [$0, $1] + turn.others : [$0, $1] }
        }
        // Some are not answered; which of them is not known. The last one is likely to be.
        guard requests.count > answers.count else { return [] }
        return requests.dropLast().map { [$0] } + [[last] + answers + turn.others]
    }
}
