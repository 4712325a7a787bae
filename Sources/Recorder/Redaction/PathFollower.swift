internal import Codecs

/// Follows several paths at once from a message's root to its values.
///
/// A state has a word for each path; its bit N says that N steps have been taken. So it never grows, whatever the message
/// holds.
struct PathFollower: Sendable {
    /// How far the paths have been followed.
    struct State: Hashable {
        fileprivate var words: [UInt64]
        /// Whether a path ends at this value.
        var isEnd = false

        static let nowhere = State(words: [])
    }

    private let paths: [RulePath]

    /// - Parameter paths: none of them names bytes.
    init(_ paths: [RulePath]) { self.paths = paths }

    var isEmpty: Bool { paths.isEmpty }

    /// The state of the root.
    var root: State {
        State(words: paths.map { $0.steps.isEmpty ? 0 : 1 }, isEnd: paths.contains { $0.steps.isEmpty })
    }

    /// The state of what stands under a key of a map.
    func inside(_ state: State, key: Value) -> State {
        guard !state.words.isEmpty else { return state }
        let name = key.text
        return step(from: state) { selector in
            switch selector {
            case .any: true
            case .member(let wanted): name.map { $0 == wanted } ?? false
            case .index(let index): key.kind == .int && key.int == Int64(index)
            }
        }
    }

    /// The state of an element.
    func inside(_ state: State, element index: Int, of count: Int) -> State {
        guard !state.words.isEmpty else { return state }
        return step(from: state) { selector in
            switch selector {
            case .any: true
            case .member: false
            case .index(let wanted): wanted == index || wanted == index - count
            }
        }
    }

    private func step(from state: State, _ fits: (RulePath.Step.Selector) -> Bool) -> State {
        var next = State(words: state.words)
        for (path, word) in zip(paths.indices, state.words) {
            var left = word
            var reached: UInt64 = 0
            while left != 0 {
                let place = left.trailingZeroBitCount
                left &= left - 1
                let step = paths[path].steps[place]
                if step.descends { reached |= 1 << UInt64(place) }
                guard fits(step.selector) else { continue }
                if place + 1 == paths[path].steps.count {
                    next.isEnd = true
                } else {
                    reached |= 1 << UInt64(place + 1)
                }
            }
            next.words[path] = reached
        }
        return next
    }
}
