/// Names, calls and objects: kept as what they are, never followed.
extension PickleMachine {
    /// Whether a value of that kind may turn out to be anything.
    @inline(__always)
    static func isOpaque(_ kind: ValueKind) -> Bool {
        switch kind {
        case .global, .extensionCode, .persistent, .buffer, .call, .newObject, .newObjectWithKeywords, .instance,
            .classInstance:
            true
        default: false
        }
    }

    /// Makes a node of the topmost `count` values and notes that the message holds more than plain data.
    private mutating func make(
        _ kind: ValueKind, count: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        builder.hasObjects = true
        try collect(kind, from: stack.count &- count, height, at, &builder)
    }

    /// The kind of a value below the top.
    private func kind(below depth: Int, _ builder: borrowing TreeBuilder) -> ValueKind {
        builder.nodes[Int(stack[stack.count &- 1 &- depth])].kind
    }

    private func checkHeight(_ count: Int, _ at: Int) throws(PayloadError) {
        guard stack.count &- fence >= count else { throw underflow(at) }
    }

    mutating func loadCall(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try checkHeight(2, at)
        try checkOpaque(kind(below: 1, builder), "calls", at)
        try checkArguments(kind(below: 0, builder), at)
        try make(.call, count: 2, at, &builder)
    }

    mutating func loadNewObject(
        _ kind: ValueKind, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let count = kind == .newObject ? 2 : 3
        try checkHeight(count, at)
        try checkOpaque(self.kind(below: count - 1, builder), "makes an object of", at)
        try checkArguments(self.kind(below: count - 2, builder), at)
        if count == 3 {
            let keywords = self.kind(below: 0, builder)
            guard keywords == .map || Self.isOpaque(keywords) else {
                throw malformed(at, "has a \(Self.name(of: keywords)) for its keyword arguments, not a dict")
            }
        }
        try make(kind, count: count, at, &builder)
    }

    private func checkOpaque(_ kind: ValueKind, _ verb: StaticString, _ at: Int) throws(PayloadError) {
        guard Self.isOpaque(kind) else { throw malformed(at, "\(verb) a \(Self.name(of: kind))") }
    }

    private func checkArguments(_ kind: ValueKind, _ at: Int) throws(PayloadError) {
        guard kind == .tuple || Self.isOpaque(kind) else {
            throw malformed(at, "has a \(Self.name(of: kind)) for its arguments, not a tuple")
        }
    }

    /// INST: the class in two lines, the arguments down to the MARK.
    mutating func loadInstance(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let start = try popMark(at)
        let inner = closedHeight
        try loadNames(at, asciiOnly: true, &builder)
        try make(.global, count: 2, at, &builder)
        let cls = stack.removeLast()
        try collect(.tuple, from: start, inner, at, &builder)
        let arguments = stack.removeLast()
        try push(cls, at)
        try push(arguments, at)
        try make(.instance, count: 2, at, &builder)
    }

    /// OBJ: above the MARK the class, then the arguments.
    mutating func loadClassInstance(from start: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        guard stack.count > start else { throw underflow(at) }
        try checkOpaque(builder[stack[start]].kind, "makes an object of", at)
        try collect(.tuple, from: start + 1, closedHeight, at, &builder)
        try make(.classInstance, count: 2, at, &builder)
    }

    mutating func loadGlobal(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try loadNames(at, asciiOnly: false, &builder)
        try make(.global, count: 2, at, &builder)
    }

    /// Pushes a module's name and a qualified name, a line each.
    private mutating func loadNames(
        _ at: Int, asciiOnly: Bool, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        for _ in 0..<2 {
            let offset = position
            let line = try takeLine(at)
            guard let start = line.baseAddress, line.count > 0 else { throw malformed(at, "has an empty name") }
            if !WTF8.isASCII(start, line.count) {
                guard !asciiOnly, try checkedFlags(offset, line.count, at) == 0 else {
                    throw malformed(at, "has a name that is not \(asciiOnly ? "ASCII" : "UTF-8")")
                }
            }
            try push(ValueNode(kind: .string, offset: offset, count: line.count), at, &builder)
        }
    }

    /// The names may be Python 2's text, or what a call gives.
    mutating func loadStackGlobal(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try checkHeight(2, at)
        for index in stack.count - 2..<stack.count {
            let node = builder[stack[index]]
            if node.kind == .legacyString {
                guard WTF8.isASCII(input + Int(node.payload), Int(node.count)) else {
                    throw malformed(at, "has a name that is not ASCII")
                }
                if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
                stack[index] = builder.append(
                    ValueNode(kind: .string, offset: Int(node.payload), count: Int(node.count)))
            } else if node.kind != .string, !Self.isOpaque(node.kind) {
                throw malformed(at, "has a \(Self.name(of: node.kind)) for a name")
            }
        }
        try make(.global, count: 2, at, &builder)
    }

    mutating func loadExtension(_ code: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        guard code > 0 else { throw malformed(at, "has a code that is not above 0") }
        builder.hasObjects = true
        try push(.extensionCode, UInt64(code), at, &builder)
    }

    mutating func loadPersistentText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let offset = position
        let line = try takeLine(at)
        guard let start = line.baseAddress, WTF8.isASCII(start, line.count) else {
            throw malformed(at, "has an id that is not ASCII")
        }
        try push(ValueNode(kind: .string, offset: offset, count: line.count), at, &builder)
        try make(.persistent, count: 1, at, &builder)
    }

    mutating func loadPersistent(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try checkHeight(1, at)
        try make(.persistent, count: 1, at, &builder)
    }

    mutating func loadBuffer(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        builder.hasObjects = true
        try push(.buffer, buffers, at, &builder)
        buffers += 1
    }

    /// Bytes stay what they are. The read-only view of a buffer is a node of its own: a memo may hold the buffer itself.
    mutating func makeReadOnly(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try checkHeight(1, at)
        let node = builder[stack[stack.count - 1]]
        switch node.kind {
        case .bytes, .legacyString: break
        case .buffer:
            stack.truncate(to: stack.count - 1)
            var view = node
            view.flags |= ValueNode.isReadOnly
            try push(view, at, &builder)
        case .byteArray: throw notKept(at, "makes a view of a bytearray")
        case _ where Self.isOpaque(node.kind): throw notKept(at, "makes a view of an object")
        default: throw malformed(at, "stands behind a \(Self.name(of: node.kind)), not a buffer or bytes")
        }
    }
}

// MARK: What is done to an object

extension PickleMachine {
    /// Notes what APPENDS, SETITEMS or ADDITEMS do to something that is not the plain container they are for.
    @inline(never)
    mutating func operate(
        _ operation: ValueKind, on target: UInt32, from start: Int, _ inner: Int, _ at: Int,
        _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let kind = builder[target].kind
        switch (kind, operation) {
        case (.extensionCode, _), (.buffer, _), (.list, .setItemsOperation), (.byteArray, .setItemsOperation),
            (.byteArray, .appendOperation):
            throw notKept(at, "changes a \(Self.name(of: kind))")
        case _ where Self.isOpaque(kind): break
        default: throw malformed(at, "stands behind a \(Self.name(of: kind)), which does not take it")
        }
        if let last = builder.lastChild(of: target), builder[last].kind == operation {
            return try moveChildren(from: start, to: last, inner + 1, at, &builder)
        }
        if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
        let node = builder.append(ValueNode(kind: operation))
        try moveChildren(from: start, to: node, inner, at, &builder)
        attach(node, to: target, &builder)
    }

    private mutating func attach(_ operation: UInt32, to target: UInt32, _ builder: inout TreeBuilder) {
        additions &+= 1
        height &+= 1
        builder.appendChild(operation, to: target)
        if builder[target].kind == .global {
            // It may have been fetched before it was more than a name.
            builder[target].flags |= ValueNode.isFetched
            builder.hasFetchedNodes = true
            hasFetchedContainers = true
        }
    }

    mutating func buildObject(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try checkHeight(2, at)
        let state = stack[stack.count - 1]
        let target = stack[stack.count - 2]
        let kind = builder[target].kind
        if kind == .extensionCode || kind == .buffer { throw notKept(at, "changes a \(Self.name(of: kind))") }
        guard Self.isOpaque(kind) else {
            try checkPlainState(state, of: kind, at, builder)
            return stack.truncate(to: stack.count - 1)
        }
        try collect(.stateOperation, from: stack.count - 1, height, at, &builder)
        attach(stack.removeLast(), to: target, &builder)
    }

    /// A plain value has no attributes. CPython lets it pass all the same when the state is empty.
    private func checkPlainState(
        _ state: UInt32, of kind: ValueKind, _ at: Int, _ builder: borrowing TreeBuilder
    ) throws(PayloadError) {
        let node = builder.nodes[Int(state)]
        switch node.kind {
        case .null: return
        case .tuple where node.count == 2:
            let children = builder.edges + Int(node.low) + 2
            let attributes = builder.nodes[Int(children[0])].kind
            let slots = builder.nodes[Int(children[1])]
            if attributes == .null, slots.kind == .map, slots.count == 0 { return }
        case _ where Self.isOpaque(node.kind): throw notKept(at, "gives a \(Self.name(of: kind)) a computed state")
        default: break
        }
        throw malformed(at, "gives a state to a \(Self.name(of: kind))")
    }
}
