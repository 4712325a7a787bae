/// Which nodes of a message stand in more than one place, of those whose identity can be seen from outside.
enum SharedNodes {
    /// Equal texts and bytes up to this length (characters, bytes) may be one object or many; nobody can tell.
    static let longestInterned = 128

    /// Whether it can be seen that a node is the same object in two places: not with numbers, names, short texts and
    /// what is empty and cannot change.
    static func isIdentityVisible(
        _ node: ValueNode, nodes: UnsafeMutablePointer<ValueNode>, edges: UnsafeMutablePointer<UInt32>,
        bytes: UnsafeMutableRawPointer
    ) -> Bool {
        switch node.kind {
        case .list, .set, .map, .byteArray, .call, .newObject, .newObjectWithKeywords, .instance, .classInstance: true
        case .tuple, .frozenSet: node.count > 0
        case .string: !isInterned(node, bytes: bytes)
        case .bytes, .legacyString: Int(node.count) > longestInterned
        case .global: node.count > 2
        case .persistent: hasVisibleId(node, nodes: nodes, edges: edges, bytes: bytes)
        default: false
        }
    }

    /// Whether a persistent id is an object that is told apart from its equals.
    private static func hasVisibleId(
        _ node: ValueNode, nodes: UnsafeMutablePointer<ValueNode>, edges: UnsafeMutablePointer<UInt32>,
        bytes: UnsafeMutableRawPointer
    ) -> Bool {
        var node = node
        while node.kind == .persistent {
            if node.count > 1 { return true }
            guard node.count == 1, node.low != 0 else { return false }
            node = nodes[Int(edges[Int(node.low) &+ 2])]
        }
        switch node.kind {
        case .string, .bytes, .legacyString: return false
        default: return isIdentityVisible(node, nodes: nodes, edges: edges, bytes: bytes)
        }
    }

    /// Whether a node has children of its own, also none.
    @inline(__always)
    static func isContainer(_ kind: ValueKind) -> Bool {
        switch kind {
        case .list, .tuple, .set, .frozenSet, .map, .global, .persistent, .call, .newObject, .newObjectWithKeywords,
            .instance, .classInstance:
            true
        default: false
        }
    }

    /// Whether a text has at most `longestInterned` characters.
    @inline(__always)
    static func isInterned(_ node: ValueNode, bytes: UnsafeMutableRawPointer) -> Bool {
        let count = Int(node.count)
        if count <= longestInterned { return true }
        return count <= longestInterned * 4 && hasFewCharacters(node, bytes: bytes)
    }

    /// Whether CPython keeps but one such text or bytes: what is empty, one byte, or one character of Latin-1.
    @inline(__always)
    static func isSingleton(_ node: ValueNode, bytes: UnsafeMutableRawPointer) -> Bool {
        if node.count <= 1 { return true }
        guard node.kind == .string, node.count == 2 else { return false }
        return bytes.load(fromByteOffset: Int(truncatingIfNeeded: node.payload), as: UInt8.self) & 0xFE == 0xC2
    }

    @inline(never)
    private static func hasFewCharacters(_ node: ValueNode, bytes: UnsafeMutableRawPointer) -> Bool {
        let text = UnsafeRawBufferPointer(start: bytes + Int(node.payload), count: Int(node.count))
        var characters = 0
        for byte in text where byte & 0xC0 != 0x80 { characters &+= 1 }
        return characters <= longestInterned
    }

    /// Counts into `visits` in how many places (none, one, more) each node stands that was fetched from the memo.
    static func count(
        from root: UInt32, of tree: ValueTree, visits: inout IndexBuffer, stack: inout IndexBuffer
    ) {
        let nodes = tree.nodes
        let nodeCount = tree.nodeCount
        let edges = tree.edges
        let edgeCount = tree.edgeCount
        visits.removeAll(keeping: max(nodeCount, 1 << 18))
        visits.resize(to: nodeCount)
        stack.removeAll()
        if hasChildren(nodes[Int(root)]) { stack.append(root) }
        if nodes[Int(root)].has(ValueNode.isFetched) { visits[Int(root)] = 1 }
        while stack.count > 0 {
            let node = nodes[Int(stack.removeLast())]
            var cursor = ChildCursor(of: node)
            if node.kind == .global { skipNames(of: tree, &cursor) }
            while cursor.left > 0 {
                let index = cursor.next(in: edges, count: edgeCount)
                precondition(Int(index) < nodeCount)
                let child = nodes[Int(index)]
                if child.has(ValueNode.isFetched) {
                    let seen = visits[Int(index)]
                    if seen < 2 { visits[Int(index)] = seen &+ 1 }
                    if seen > 0 { continue }
                }
                if hasChildren(child) { stack.append(index) }
            }
        }
    }

    /// Passes over a global's names where they are written as one text, in which nothing can be referred to.
    @inline(never)
    private static func skipNames(of tree: ValueTree, _ cursor: inout ChildCursor) {
        var names = cursor
        for _ in 0..<2 {
            guard names.left > 0 else { return }
            let name = tree.node(at: names.next(in: tree.edges, count: tree.edgeCount))
            guard NotationWriter.isPlainName(name, bytes: tree.bytes) else { return }
        }
        cursor = names
    }

    @inline(__always)
    static func hasChildren(_ node: ValueNode) -> Bool {
        switch node.kind {
        case .null, .false, .true, .int, .bigInt, .number, .float, .string, .bytes, .byteArray, .legacyString,
            .typedBytes, .extensionCode, .buffer, .end:
            false
        default: node.count > 0
        }
    }
}
