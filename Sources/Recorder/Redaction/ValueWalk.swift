internal import Codecs

/// What looks at the values of a message one by one.
protocol ValueVisitor {
    /// What is known of a place from those around it.
    associatedtype State: Hashable
    /// Where values stand; the walk fills it.
    var paths: ValuePaths { get set }

    /// What is known of a value in `outer`; `key` is what it stands under, nil for an element.
    mutating func state(of place: ValueWalk.Place, in outer: Value, key: Value?, _ state: State) -> State
    /// A value in which no others stand.
    mutating func leaf(_ place: ValueWalk.Place, _ state: State)
}

/// Goes through the values of a message, once each, whatever its depth and however often it refers to itself.
enum ValueWalk {
    /// A value and where it stands.
    struct Place {
        var value: Value
        /// Its place in the walk's paths.
        var path: Int
        /// Which of the tree's edges leads to it; nil for the root, and where children follow their container.
        var edge: Int?
        /// Whether it is a key of a map.
        var isKey = false
        /// Which element it is; 0 of a map's value.
        var element = 0
    }

    private struct Visit<State: Hashable>: Hashable {
        var node: UInt32
        var state: State
    }

    private struct Frame<State> {
        var container: Value
        var children: ValueChildren
        var path: Int
        var state: State
        var hasEntries: Bool
        var element = 0
        var key: Value?
        /// The containers of a key's path are those of the value.
        var isKey: Bool
    }

    /// Visits all values of a tree.
    static func walk<Visitor: ValueVisitor>(
        _ root: Value, _ state: Visitor.State, _ visitor: inout Visitor
    ) {
        walk(Place(value: root, path: ValuePaths.root), state, &visitor)
    }

    /// Visits a value, and all that stand in it.
    static func walk<Visitor: ValueVisitor>(_ first: Place, _ state: Visitor.State, _ visitor: inout Visitor) {
        let root = first.value
        guard root.isContainer else { return visitor.leaf(first, state) }
        let canMeetAgain = root.tree.hasFetchedNodes
        var visited: Set<Visit<Visitor.State>> = []
        if canMeetAgain { visited.insert(Visit(node: root.index, state: state)) }
        var frames = [frame(first, state)]
        while !frames.isEmpty {
            let top = frames.count - 1
            guard let child = frames[top].children.next() else {
                frames.removeLast()
                continue
            }
            var place = Place(value: child, path: frames[top].path, edge: frames[top].children.lastEdge)
            place.isKey = frames[top].isKey
            var key: Value?
            if frames[top].hasEntries {
                if let under = frames[top].key {
                    key = under
                    frames[top].key = nil
                    place.path = visitor.paths.inside(frames[top].path, .member(under))
                } else {
                    frames[top].key = child
                    place.isKey = true
                    place.path = visitor.paths.inside(frames[top].path, .member(child))
                }
            } else {
                place.element = frames[top].element
                frames[top].element += 1
                // A call, its arguments and what is done to it are one value to a person, but they are numbered here.
                place.path = visitor.paths.inside(frames[top].path, .element(place.element))
            }
            let state =
                key == nil && frames[top].hasEntries
                ? frames[top].state : visitor.state(of: place, in: frames[top].container, key: key, frames[top].state)
            guard child.isContainer else {
                visitor.leaf(place, state)
                continue
            }
            if canMeetAgain, !visited.insert(Visit(node: child.index, state: state)).inserted { continue }
            frames.append(frame(place, state))
        }
    }

    private static func frame<State>(_ place: Place, _ state: State) -> Frame<State> {
        let kind = place.value.kind
        return Frame(
            container: place.value, children: place.value.children, path: place.path, state: state,
            hasEntries: kind == .map || kind == .setItemsOperation, isKey: place.isKey)
    }
}

extension Value {
    /// Whether other values stand in it, be they only the parts of a name.
    var isContainer: Bool { childCount > 0 }
}
