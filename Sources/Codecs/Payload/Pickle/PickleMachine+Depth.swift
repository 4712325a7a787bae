extension PickleMachine {
    /// Refuses a value that is nested too deeply. Each node is gone into once, at its first place, as the notation does it.
    ///
    /// The stack holds three numbers for each level that is open: the next run of edges, the next edge, and how many are left in
    /// the run. The memo is not needed any more; its memory holds a bit for each node.
    mutating func checkDepth(
        of root: UInt32, _ at: Int, _ builder: borrowing TreeBuilder
    ) throws(PayloadError) {
        memo.truncate(to: 0)
        memo.resize(to: builder.nodeCount / 32 + 1)
        stack.truncate(to: 0)
        var depth = 0
        func hasChildren(_ node: ValueNode) -> Bool { node.kind.hasEdges && node.count > 0 }
        var entering = root
        guard hasChildren(builder.nodes[Int(root)]) else { return }
        while true {
            // Go into `entering`.
            memo[Int(entering >> 5)] |= 1 << (entering & 31)
            depth += 1
            if depth > limits.maximumDepth {
                throw PayloadError(.overLimit, at: at, "the value is nested deeper than \(limits.maximumDepth) levels")
            }
            stack.append(builder.nodes[Int(entering)].low)
            stack.append(0)
            stack.append(0)
            // Find the next node to go into, leaving those that are done.
            var found = false
            while depth > 0, !found {
                let level = stack.base + (stack.count - 3)
                while level[2] == 0, level[0] != 0 {
                    let run = level[0]
                    level[2] = builder.edges[Int(run) + 1]
                    level[1] = run + 2
                    level[0] = builder.edges[Int(run)]
                }
                guard level[2] > 0 else {
                    stack.truncate(to: stack.count - 3)
                    depth -= 1
                    continue
                }
                let child = builder.edges[Int(level[1])]
                level[1] += 1
                level[2] -= 1
                if hasChildren(builder.nodes[Int(child)]), memo[Int(child >> 5)] & 1 << (child & 31) == 0 {
                    entering = child
                    found = true
                }
            }
            if !found { return }
        }
    }
}

extension ValueKind {
    /// Whether a node of this kind, where it is not inline, keeps its children in edges.
    @inline(__always)
    fileprivate var hasEdges: Bool {
        switch self {
        case .list, .tuple, .set, .frozenSet, .map, .global, .persistent, .call, .newObject, .newObjectWithKeywords,
            .instance, .classInstance, .appendOperation, .setItemsOperation, .addOperation, .stateOperation:
            true
        default: false
        }
    }
}
