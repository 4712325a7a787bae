internal import Codecs
internal import Recorder

/// The paths of several rules, followed all at once from a message's root to its values.
///
/// A state says how far each path has been followed; going into a value costs one look into a table, whatever the number of
/// rules. States are made when they are first reached. How many there are is bounded: a recording's header could hold paths
/// that have no end of them.
///
/// Confined to the thread of its replay.
final class RuleAutomaton {
    /// How far the paths have been followed.
    struct State: Sendable, Hashable {
        /// No path goes on from here.
        static let none = State(index: 0)
        /// There are more states than are kept: nothing can be said of the value.
        static let overflow = State(index: -1)

        fileprivate let index: Int
    }

    private enum Selector {
        case name(Int)
        case index(Int)
        case any
    }

    /// A place in a path: what is looked for next, or nothing at its end.
    private struct Place {
        var rule: Int
        var selector: Selector?
        var descends: Bool
    }

    private struct StateContent {
        /// Sorted.
        var places: [Int]
        /// The rules that decide about a value here: the first whose path ends, or several that set parts of it aside.
        var deciding: [Int]
        var goesOn: Bool
    }

    private struct Transition: Hashable {
        var state: Int
        /// The name, 0 for one that no path has.
        var name: Int
    }

    private static let maximumStates = 1 << 13
    private static let maximumPlaces = 1 << 20
    static let overflowText = "rules (their paths branch more than can be followed)"

    let set: RuleSet
    let uses: RuleUses
    private let rules: [Int]
    private let places: [Place]
    private let names: [[UInt8]: Int]
    private let indexes: Set<Int>
    private var states: [StateContent] = []
    private var known: [[Int]: Int] = [:]
    private var placeCount = 0
    private var transitions: [Transition: State] = [:]
    private var mayHaveUnused = true
    /// Whether any rule captures values.
    let hasCaptures: Bool

    /// - Parameter rules: which of the set's rules count, in their order.
    init(_ set: RuleSet, _ rules: [Int], uses: RuleUses) {
        self.set = set
        self.uses = uses
        self.rules = rules
        hasCaptures = rules.contains { set.rules[$0].isCapture }
        var places: [Place] = []
        var names: [[UInt8]: Int] = [:]
        var indexes: Set<Int> = []
        for rule in rules {
            for step in set.rules[rule].path.steps {
                let selector: Selector
                switch step.selector {
                case .any: selector = .any
                case .member(let name):
                    let number = names[name] ?? names.count + 1
                    names[name] = number
                    selector = .name(number)
                case .index(let index):
                    indexes.insert(index)
                    selector = .index(index)
                }
                places.append(Place(rule: rule, selector: selector, descends: step.descends))
            }
            places.append(Place(rule: rule, selector: nil, descends: false))
        }
        self.places = places
        self.names = names
        self.indexes = indexes
        forget()
    }

    /// The state of a message's root. With it another message begins: states of the one before are not to be used again.
    func begin() -> State {
        if states.count > Self.maximumStates / 2 || placeCount > Self.maximumPlaces / 2 { forget() }
        return State(index: 1)
    }

    private func forget() {
        states.removeAll()
        known.removeAll()
        transitions.removeAll()
        placeCount = 0
        _ = state(of: [])
        var start = true
        _ = state(
            of: places.indices.filter { place in
                defer { start = places[place].selector == nil }
                return start
            })
    }

    /// The state of what stands under a key of a map.
    func inside(_ state: State, member key: Value) -> State {
        guard goesOn(state) else { return stays(state) }
        if key.kind == .int, let index = key.int.flatMap({ Int(exactly: $0) }), indexes.contains(index) {
            return step(from: state) { if case .index(index) = $0 { true } else { false } }
        }
        let name = names.isEmpty ? 0 : key.text.flatMap { names[$0] } ?? 0
        let transition = Transition(state: state.index, name: name)
        if let next = transitions[transition] { return next }
        let next = step(from: state) { if case .name(name) = $0 { true } else { false } }
        transitions[transition] = next
        return next
    }

    /// The state of an element.
    func inside(_ state: State, element index: Int, of count: Int) -> State {
        guard goesOn(state) else { return stays(state) }
        if !indexes.isEmpty, indexes.contains(index) || indexes.contains(index - count) {
            return step(from: state) {
                if case .index(let wanted) = $0 { wanted == index || wanted == index - count } else { false }
            }
        }
        let transition = Transition(state: state.index, name: 0)
        if let next = transitions[transition] { return next }
        let next = step(from: state) { _ in false }
        transitions[transition] = next
        return next
    }

    /// The rules that decide about a value; none where it is compared as always.
    func deciding(_ state: State) -> [Int] { state.index > 0 ? states[state.index].deciding : [] }

    /// Whether any path goes on inside a value.
    func goesOn(_ state: State) -> Bool { state.index > 0 && states[state.index].goesOn }

    private func stays(_ state: State) -> State { state == .overflow ? .overflow : .none }

    private func step(from state: State, _ isWanted: (Selector) -> Bool) -> State {
        var next: Set<Int> = []
        for place in states[state.index].places {
            guard let selector = places[place].selector else { continue }
            let fits = if case .any = selector { true } else { isWanted(selector) }
            if fits { next.insert(place + 1) }
            if places[place].descends { next.insert(place) }
        }
        return self.state(of: next.sorted())
    }

    private func state(of content: [Int]) -> State {
        if let index = known[content] { return State(index: index) }
        guard states.count < Self.maximumStates, placeCount + content.count <= Self.maximumPlaces else {
            return .overflow
        }
        let ending = content.filter { places[$0].selector == nil }.map { places[$0].rule }.sorted()
        var deciding = Array(ending.prefix(1))
        if let first = ending.first, set.rules[first].setsAside { deciding = ending.filter { set.rules[$0].setsAside } }
        states.append(
            StateContent(places: content, deciding: deciding, goesOn: content.contains { places[$0].selector != nil }))
        placeCount += content.count
        known[content] = states.count - 1
        return State(index: states.count - 1)
    }
}

// MARK: - Uses

extension RuleAutomaton {
    /// Whether there are rules that have not decided anything yet.
    var hasUnused: Bool {
        if mayHaveUnused { mayHaveUnused = rules.contains { !uses.isUsed[$0] } }
        return mayHaveUnused
    }

    /// Goes through a message that came as it was recorded: takes note of the rules that would have decided something, and
    /// tells what they capture.
    func captures(in message: Value) -> [(name: String, value: Value)] {
        struct Visit: Hashable {
            var node: UInt32
            var state: State
        }
        var found: [(name: String, value: Value)] = []
        var visited: Set<Visit> = []
        var pending = [(value: message, state: begin())]
        while let (value, state) = pending.popLast() {
            if message.tree.hasFetchedNodes, !visited.insert(Visit(node: value.index, state: state)).inserted {
                continue
            }
            let deciding = deciding(state)
            uses.note(deciding)
            if let rule = deciding.first, case .capture(let name) = set.rules[rule].kind { found.append((name, value)) }
            guard goesOn(state), !isSettled(state) else { continue }
            if value.kind == .map {
                for (key, member) in value.entries { pending.append((member, inside(state, member: key))) }
            } else {
                let count = value.childCount
                for (index, element) in value.children.enumerated() {
                    pending.append((element, inside(state, element: index, of: count)))
                }
            }
        }
        return found
    }

    /// Whether a rule decides about a value as a whole, so that nothing inside it is looked at.
    private func isSettled(_ state: State) -> Bool {
        guard let rule = deciding(state).first else { return false }
        switch set.rules[rule].kind {
        case .ignore, .type: return set.rules[rule].path.bytes == nil
        default: return false
        }
    }
}
