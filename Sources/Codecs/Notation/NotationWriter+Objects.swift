extension NotationWriter {
    /// How many children of an object are not operations.
    static func baseCount(_ kind: ValueKind) -> UInt32 {
        switch kind {
        case .persistent: 1
        case .newObjectWithKeywords: 3
        default: 2
        }
    }

    /// Writes the tag of an object and opens its frame.
    mutating func beginObject(
        _ index: UInt32, _ node: ValueNode, braces: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        guard node.count >= Self.baseCount(node.kind) else { throw notRepresentable }
        let cursor = ChildCursor(of: node)
        switch node.kind {
        case .call: output.append("{\"$call\":")
        case .newObject, .newObjectWithKeywords: output.append("{\"$new\":")
        case .instance: output.append("{\"$inst\":")
        case .classInstance: output.append("{\"$obj\":")
        case .persistent: output.append("{\"$pers\":")
        case .global: output.append("{\"$global\":")
        default: throw notRepresentable
        }
        try check(levels: 2)
        try open(
            .object, index, cursor: cursor, closers: UInt32(UInt8(ascii: "}")) | braces << 8, stack: &stack
        )
    }

    /// The next child of an object.
    mutating func object(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        let kind = node(frame.node).kind
        // Both names are written in one step.
        let base = kind == .global ? 1 : Self.baseCount(kind)
        while frame.cursor.left > 0 {
            let position = frame.done
            frame.done &+= 1
            let opened: Bool
            if position >= base {
                opened = try operation(isFirst: position == base, into: &output, stack: &stack)
            } else if kind == .global {
                let names = frame.cursor
                _ = nextChild()
                _ = nextChild()
                opened = try name(names, into: &output, stack: &stack)
            } else if position == 2 {
                output.append(",\"kwargs\":")
                opened = try value(nextChild(), into: &output, stack: &stack)
            } else if position == 1 {
                opened = try arguments(nextChild(), into: &output, stack: &stack)
            } else if kind == .persistent {
                opened = try value(nextChild(), into: &output, stack: &stack)
            } else {
                opened = try callable(nextChild(), into: &output, stack: &stack)
            }
            if opened { return }
        }
        close(into: &output, stack: &stack)
    }

    /// What is called: a plain name as text, all else as a value that cannot be taken for one.
    private mutating func callable(
        _ index: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let node = node(index)
        switch node.kind {
        case .global where node.count == 2: return try name(ChildCursor(of: node), into: &output, stack: &stack)
        case .string where !isShared(index, node):
            wtf8(content(node), into: &output)
            return false
        case .list where node.count == 2 && !isShared(index, node):
            try defineList(index, node, into: &output, stack: &stack)
            return true
        default: return try value(index, into: &output, stack: &stack)
        }
    }

    private mutating func arguments(
        _ index: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let node = node(index)
        guard node.kind == .tuple, !isShared(index, node) else {
            output.append(",\"args*\":")
            return try value(index, into: &output, stack: &stack)
        }
        output.append(",\"args\":[")
        let closers = UInt32(UInt8(ascii: "]"))
        try open(.elements, index, cursor: ChildCursor(of: node), closers: closers, stack: &stack)
        return true
    }

    // MARK: Operations

    /// Writes the first operation, as a member, or all of them as a list where they are not one of each in order.
    private mutating func operation(
        isFirst: Bool, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        if isFirst, !isOrdered(frame.cursor) {
            output.append(",\"ops\":[")
            let rest = frame.cursor
            frame.cursor = ChildCursor()
            try open(.operations, frame.node, cursor: rest, closers: UInt32(UInt8(ascii: "]")), stack: &stack)
            return true
        }
        output.append(UInt8(ascii: ","))
        try operation(nextChild(), closers: 0, into: &output, stack: &stack)
        return true
    }

    mutating func operations(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        guard frame.cursor.left > 0 else { return close(into: &output, stack: &stack) }
        output.append(frame.done > 0 ? ",{" : "{")
        frame.done = 1
        try operation(nextChild(), closers: 1 << 8, into: &output, stack: &stack)
    }

    /// Writes the key of an operation and opens its frame.
    private mutating func operation(
        _ index: UInt32, closers: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        let node = node(index)
        var mode = Mode.elements
        var closers = closers | UInt32(UInt8(ascii: "]"))
        switch node.kind {
        case .appendOperation: output.append("\"append\":[")
        case .addOperation: output.append("\"add\":[")
        case .setItemsOperation:
            output.append("\"items\":[")
            mode = .pairs
        case .stateOperation where node.count == 1:
            output.append("\"state\":")
            closers &= ~0xFF
        default: throw notRepresentable
        }
        try open(mode, index, cursor: ChildCursor(of: node), closers: closers, stack: &stack)
    }

    /// Whether the operations to come are at most one of each kind, in the order in which they stand as members.
    private mutating func isOrdered(_ operations: ChildCursor) -> Bool {
        var cursor = operations
        var last = ValueKind.end.rawValue
        var isFirst = true
        while cursor.left > 0 {
            let kind = node(cursor.next(in: edges, count: edgeCount)).kind.rawValue
            if !isFirst, kind <= last { return false }
            last = kind
            isFirst = false
        }
        return true
    }

    // MARK: Names

    /// Writes `"module:name"`, or begins both in brackets where they are no plain texts without a colon.
    private mutating func name(
        _ parts: ChildCursor, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        var cursor = parts
        let module = node(cursor.next(in: edges, count: edgeCount))
        let name = node(cursor.next(in: edges, count: edgeCount))
        guard Self.isPlainName(module, bytes: tree.bytes), Self.isPlainName(name, bytes: tree.bytes) else {
            output.append(UInt8(ascii: "["))
            try open(.elements, 0, cursor: parts.first(2), closers: UInt32(UInt8(ascii: "]")), stack: &stack)
            return true
        }
        tree.scratch.removeAll()
        tree.scratch.append(content(module))
        tree.scratch.append(UInt8(ascii: ":"))
        tree.scratch.append(content(name))
        tree.scratch.withUnsafeBytes { JSONString.write($0, into: &output) }
        return false
    }

    /// Whether one of a global's names is written as a part of `"module:name"`, not as a value.
    static func isPlainName(_ node: ValueNode, bytes: UnsafeMutableRawPointer) -> Bool {
        guard node.kind == .string else { return false }
        let text = UnsafeRawBufferPointer(start: bytes + Int(node.payload), count: Int(node.count))
        guard !text.contains(UInt8(ascii: ":")) else { return false }
        return !(node.has(ValueNode.hasSurrogates) && hasJoinableSurrogates(text))
    }

    var notRepresentable: PayloadError {
        PayloadError(.notRepresentable, at: 0, "the value notation has no form for this value")
    }

    /// A list in a place where it would be taken for a name's two parts: as a definition that nothing refers to.
    private mutating func defineList(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        definitions &+= 1
        output.append("{\"$def\":")
        output.append(decimal: UInt64(definitions))
        output.append(",\"v\":[")
        let closers = UInt32(UInt8(ascii: "]")) | 1 << 8
        try open(.elements, index, cursor: ChildCursor(of: node), closers: closers, stack: &stack)
    }
}
