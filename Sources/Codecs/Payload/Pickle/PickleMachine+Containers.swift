/// Making containers and putting values into them.
extension PickleMachine {
    /// Makes a container of what lies on the stack from `start` on, nothing of which is nested deeper than `inner`.
    @inline(never)
    mutating func collect(
        _ kind: ValueKind, from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        guard start >= fence else { throw underflow(at) }
        if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
        let node = builder.append(ValueNode(kind: kind))
        try moveChildren(from: start, to: node, inner, at, &builder)
        try push(node, at)
    }

    /// Makes a tuple of the topmost values, of which there are one to three.
    @inline(never)
    mutating func collectTuple(_ count: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try collect(.tuple, from: stack.count &- count, height, at, &builder)
        memoizeNext(stack.base[stack.count &- 1])
    }

    /// Makes a tuple of all down to the MARK.
    @inline(never)
    mutating func collectTuple(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let start = try popMark(at)
        if stack.count &- start < 4 || start <= framedHeight { isOrdinary = false }
        try collect(.tuple, from: start, closedHeight, at, &builder)
        memoizeNext(stack.base[stack.count &- 1])
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
    @inline(never)
    mutating func appendItems(
        from start: Int, atLeast minimum: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        guard start > fence else { throw underflow(at) }
        let target = stack.base[start &- 1]
        noteElements(builder.nodes[Int(target)], count: stack.count &- start, atLeast: minimum)
        guard start < stack.count else { return }
        if builder.nodes[Int(target)].kind == .list {
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            isOrdinary = false
            try operate(.appendOperation, on: target, from: start, inner, at, &builder)
        }
    }

    @inline(never)
    mutating func setItems(
        from start: Int, atLeast minimum: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        guard start > fence else { throw underflow(at) }
        let target = stack.base[start &- 1]
        noteFilling(builder.nodes[Int(target)], count: (stack.count &- start) &>> 1, atLeast: minimum)
        guard start < stack.count else { return }
        guard (stack.count &- start) & 1 == 0 else { throw malformed(at, "has a key without a value") }
        if builder.nodes[Int(target)].kind == .map {
            try checkKeys(from: start, step: 2, at, &builder)
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            isOrdinary = false
            try operate(.setItemsOperation, on: target, from: start, inner, at, &builder)
        }
    }

    mutating func addItems(from start: Int, _ inner: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError)
    {
        guard start > fence else { throw underflow(at) }
        let target = stack.base[start &- 1]
        noteFilling(builder.nodes[Int(target)], count: stack.count &- start, atLeast: 1)
        guard start < stack.count else { return }
        if builder[target].kind == .set {
            try checkKeys(from: start, step: 1, at, &builder)
            try moveChildren(from: start, to: target, inner, at, &builder)
        } else {
            isOrdinary = false
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
