/// Making containers and putting values into them.
extension PickleMachine {
    /// Makes a container of what lies on the stack from `start` on, nothing of which is nested deeper than `inner`.
    @inline(__always)
    mutating func collect(
        _ kind: ValueKind, from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        guard start >= fence else { throw underflow(at) }
        if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
        let node = builder.append(ValueNode(kind: kind))
        try moveChildren(from: start, to: node, inner, at, &builder)
        try push(node, at)
    }

    /// Takes all from `start` on off the stack and makes it children of a node.
    @inline(__always)
    mutating func moveChildren(
        from start: Int, to node: UInt32, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let count = stack.count &- start
        elements &+= count
        if elements > nodeLimit &- 3 { throw tooManyElements(at) }
        additions &+= 1
        if inner >= height { height = inner &+ 1 }
        builder.appendChildren(stack.base + start, count: count, to: node)
        stack.truncate(to: start)
    }

    mutating func collectMap(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder)
        throws(PayloadError)
    {
        guard (stack.count - start) % 2 == 0 else { throw malformed(at, "has a key without a value") }
        try checkKeys(from: start, step: 2, at, &builder)
        try collect(.map, from: start, inner, at, &builder)
    }

    mutating func collectFrozenSet(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder)
        throws(PayloadError)
    {
        try checkKeys(from: start, step: 1, at, &builder)
        try collect(.frozenSet, from: start, inner, at, &builder)
    }

    /// Puts all from `start` on into the container that lies below it.
    @inline(__always)
    mutating func appendItems(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder)
        throws(PayloadError)
    {
        guard start > fence else { throw underflow(at) }
        guard start < stack.count else { return }
        let target = stack.base[start &- 1]
        if builder.nodes[Int(target)].kind == .list {
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            try operate(.appendOperation, on: target, from: start, inner, at, &builder)
        }
    }

    @inline(__always)
    mutating func setItems(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError)
    {
        guard start > fence else { throw underflow(at) }
        guard start < stack.count else { return }
        guard (stack.count &- start) & 1 == 0 else { throw malformed(at, "has a key without a value") }
        let target = stack.base[start &- 1]
        if builder.nodes[Int(target)].kind == .map {
            try checkKeys(from: start, step: 2, at, &builder)
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            try operate(.setItemsOperation, on: target, from: start, inner, at, &builder)
        }
    }

    mutating func addItems(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError)
    {
        guard start > fence else { throw underflow(at) }
        guard start < stack.count else { return }
        let target = stack.base[start &- 1]
        if builder[target].kind == .set {
            try checkKeys(from: start, step: 1, at, &builder)
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            try operate(.addOperation, on: target, from: start, inner, at, &builder)
        }
    }
}

// MARK: Keys

extension PickleMachine {
    /// What a tuple's `unused` field holds once all in it was found to be hashable.
    private static let isHashable: UInt16 = 1

    /// Refuses what CPython cannot hash. Nothing is compared or hashed: equal keys are kept.
    @inline(__always)
    mutating func checkKeys(
        from start: Int, step: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        var index = start
        while index < stack.count {
            let key = stack.base[index]
            let kind = builder.nodes[Int(key)].kind
            if kind != .string, kind != .int { try checkKey(key, kind, at, &builder) }
            index &+= step
        }
    }

    @inline(never)
    private mutating func checkKey(
        _ key: UInt32, _ kind: ValueKind, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        switch kind {
        case .list, .map, .set, .byteArray: throw unhashable(kind, at)
        case .tuple: try checkTuple(key, at, &builder)
        default: break
        }
    }

    /// Looks into a tuple, and into the tuples in it, each once in a message: shared ones may nest to 2^40 leaves.
    private mutating func checkTuple(
        _ key: UInt32, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let base = stack.count
        stack.append(key)
        while stack.count > base {
            let tuple = stack.removeLast()
            guard builder[tuple].detail != Self.isHashable else { continue }
            builder[tuple].detail = Self.isHashable
            var run = Int(builder[tuple].low)
            while run != 0 {
                let length = Int(builder.edges[run + 1])
                for index in run + 2..<run + 2 + length {
                    let child = builder.edges[index]
                    switch builder[child].kind {
                    case .list, .map, .set, .byteArray:
                        throw unhashable(builder[child].kind, at)
                    case .tuple: stack.append(child)
                    default: break
                    }
                }
                run = Int(builder.edges[run])
            }
        }
    }

    private func unhashable(_ kind: ValueKind, _ at: Int) -> PayloadError {
        malformed(at, "has a \(Self.name(of: kind)) as a key or element of a set, which cannot be hashed")
    }
}
