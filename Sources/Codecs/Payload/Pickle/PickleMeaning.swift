/// What the notation's grammar does not see: a text may say what no pickle can hold.
enum PickleMeaning {
    /// Refuses nodes that write to a pickle which CPython, and `PickleReader`, would refuse: keys that cannot be hashed,
    /// calls of what is no name or object, arguments that are no tuple. Takes time linear in the nodes.
    ///
    /// Where in the text it stands is not known any more: a `$ref` may have put it there. The error's offset is 0.
    static func check(_ tree: ValueTree) throws(PayloadError) {
        // Of each tuple that is a key, whether it was looked into.
        var seen = IndexBuffer()
        for index in 0..<UInt32(tree.nodeCount) {
            let node = tree.nodes[Int(index)]
            switch node.kind {
            case .map: try checkKeys(of: node, step: 2, tree, &seen)
            case .set, .frozenSet: try checkKeys(of: node, step: 1, tree, &seen)
            case .global, .call, .newObject, .newObjectWithKeywords, .instance, .classInstance:
                try checkParts(of: node, tree)
            default: break
            }
        }
    }

    // MARK: Keys

    private static func checkKeys(
        of container: ValueNode, step: Int, _ tree: ValueTree, _ seen: inout IndexBuffer
    ) throws(PayloadError) {
        var cursor = ChildCursor(of: container)
        var number = 0
        while cursor.left > 0 {
            let key = cursor.next(in: tree.edges, count: tree.edgeCount)
            number += 1
            guard step == 1 || number % step == 1 else { continue }
            let kind = tree.node(at: key).kind
            if kind == .string { continue }
            try checkKey(kind)
            if kind == .tuple { try checkTuples(from: key, tree, &seen) }
        }
    }

    /// Looks into a tuple and those in it, each once in a message.
    private static func checkTuples(
        from key: UInt32, _ tree: ValueTree, _ seen: inout IndexBuffer
    ) throws(PayloadError) {
        if seen.count == 0 { seen.resize(to: tree.nodeCount) }
        tree.stack.removeAll()
        tree.stack.append(key)
        while tree.stack.count > 0 {
            let tuple = tree.stack.removeLast()
            guard seen[Int(tuple)] == 0 else { continue }
            seen[Int(tuple)] = 1
            var cursor = ChildCursor(of: tree.node(at: tuple))
            while cursor.left > 0 {
                let child = cursor.next(in: tree.edges, count: tree.edgeCount)
                let kind = tree.node(at: child).kind
                try checkKey(kind)
                if kind == .tuple { tree.stack.append(child) }
            }
        }
    }

    private static func checkKey(_ kind: ValueKind) throws(PayloadError) {
        switch kind {
        case .list, .map, .set, .byteArray:
            throw meaningless("a list, dict, set or bytearray is no key of a dict and no element of a set")
        default: break
        }
    }

    // MARK: Objects

    /// Checks the first children of an object: what is called, with what.
    private static func checkParts(of object: ValueNode, _ tree: ValueTree) throws(PayloadError) {
        var cursor = ChildCursor(of: object)
        guard cursor.left > 1 else { return }
        let first = nextKind(&cursor, tree)
        let second = nextKind(&cursor, tree)
        if object.kind == .global {
            for part in [first, second] where part != .string && part != .legacyString {
                guard PickleMachine.isOpaque(part) else { throw meaningless("a part of a \"$global\" is no text") }
            }
            return
        }
        guard PickleMachine.isOpaque(first) else {
            throw meaningless("what is called or made an object of is no name and no object")
        }
        guard second == .tuple || PickleMachine.isOpaque(second) else { throw meaningless("\"args*\" is no tuple") }
        guard object.kind == .newObjectWithKeywords, cursor.left > 0 else { return }
        let third = nextKind(&cursor, tree)
        guard third == .map || PickleMachine.isOpaque(third) else { throw meaningless("\"kwargs\" is no dict") }
    }

    private static func nextKind(_ cursor: inout ChildCursor, _ tree: ValueTree) -> ValueKind {
        tree.node(at: cursor.next(in: tree.edges, count: tree.edgeCount)).kind
    }

    private static func meaningless(_ reason: String) -> PayloadError {
        PayloadError(.notRepresentable, at: 0, reason)
    }
}
