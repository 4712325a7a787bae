/// Which nodes of two trees have been taken for equal, as classes that are joined (union-find).
///
/// Two graphs with cycles are equal if joining every pair that must be equal finds no difference. Each join leaves one class
/// fewer, so that no more pairs are looked at than there are nodes, whatever the cycles' lengths.
struct NodeClasses {
    private var parents: [UInt64: UInt64] = [:]

    /// Takes a node of the first tree and one of the second for equal; false where that is known already.
    mutating func join(_ first: UInt32, _ second: UInt32) -> Bool {
        let left = root(UInt64(first) << 1)
        let right = root(UInt64(second) << 1 | 1)
        guard left != right else { return false }
        parents[left] = right
        return true
    }

    private mutating func root(_ node: UInt64) -> UInt64 {
        var node = node
        while let parent = parents[node] {
            guard let above = parents[parent] else { return parent }
            parents[node] = above
            node = above
        }
        return node
    }
}
