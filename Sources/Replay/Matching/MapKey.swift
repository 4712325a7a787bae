internal import Codecs

/// A key of a map or an element of a set, equal to another of the same kind and content.
struct MapKey: Hashable {
    private let kind: ValueKind
    private let content: [UInt8]

    /// - Parameter budget: nodes that may be looked at for keys that are containers; where it is used up they are told
    ///   apart by their position.
    init(_ key: Value, position: Int, format: any PayloadFormat, budget: inout Int) {
        kind = key.kind
        if let text = key.text {
            content = text
        } else if key.childCount == 0 {
            content = Array(key.readableText(format: format).utf8)
        } else {
            budget -= key.tree.hasFetchedNodes ? key.tree.nodeCount : key.childCount
            content = Array((budget > 0 ? key.readableText(format: format) : "#\(position)").utf8)
        }
    }
}
