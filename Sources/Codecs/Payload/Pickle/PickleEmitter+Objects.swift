extension PickleEmitter {
    /// Begins an object; it was not in the memo.
    mutating func saveObject(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, _ stack: inout IndexBuffer,
        _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let cursor = ChildCursor(of: node)
        switch node.kind {
        case .global:
            guard node.count >= 2 else { throw notRepresentable }
            return try saveGlobal(index, node, into: &output, &stack, &table)
        case .persistent:
            guard node.count >= 1 else { throw notRepresentable }
            try open(.persistent, index, cursor: cursor, stack: &stack)
        case .call, .newObject, .newObjectWithKeywords:
            guard node.count >= NotationWriter.baseCount(node.kind) else { throw notRepresentable }
            try open(.object, index, cursor: cursor, stack: &stack)
        case .instance, .classInstance:
            guard node.count >= 2 else { throw notRepresentable }
            output.append(UInt8(ascii: "("))
            try open(.instance, index, cursor: cursor, stack: &stack)
        default: throw notRepresentable
        }
        return true
    }

    /// Writes the next part of an object.
    mutating func stepObject(
        into output: inout ByteWriter, _ stack: inout IndexBuffer, _ table: inout IndexBuffer
    ) throws(PayloadError) {
        let node = node(frame.node)
        let base: UInt32 = node.kind == .global ? 2 : NotationWriter.baseCount(node.kind)
        while frame.done < base {
            let position = frame.done
            let child = nextChild()
            switch node.kind {
            case .instance, .classInstance:
                if try savePart(of: node, position, child, into: &output, &stack, &table) { return }
            case .persistent where version == 0 && isLine(child): continue
            case .call, .newObject, .newObjectWithKeywords:
                if position == 1, try saveArguments(child, of: node, into: &output, &stack, &table) { return }
                if position != 1, try save(child, into: &output, &stack, &table) { return }
            default: if try save(child, into: &output, &stack, &table) { return }
            }
        }
        // The value is made once, before the first operation; `batch` notes that.
        if frame.batch == 0 {
            frame.batch = 1
            if make(node, into: &output) { return close(&stack) }
        }
        guard frame.cursor.left > 0 else { return close(&stack) }
        try saveOperation(nextChild(), into: &output, &stack)
    }

    /// Writes the opcode that makes an object of what is on the stack; true where it was in the memo by then, because it
    /// came up among its own arguments: what is on the stack is popped.
    private mutating func make(_ node: ValueNode, into output: inout ByteWriter) -> Bool {
        switch node.kind {
        case .call: output.append(UInt8(ascii: "R"))
        case .newObject: output.append(0x81)
        case .newObjectWithKeywords: output.append(0x92)
        case .persistent:
            savePersistent(node, into: &output)
            // The pickler gives each occurrence to the application again; only a node that was fetched is in the memo.
            if !node.has(ValueNode.isFetched) { return false }
        case .global: output.append(0x93)
        case .instance where isLineClass(node): saveInstance(node, into: &output)
        default: output.append(UInt8(ascii: "o"))
        }
        let entry = memo[Int(frame.node)]
        if entry != 0 {
            output.append(UInt8(ascii: "0"))
            get(entry &- 1, into: &output)
            return true
        }
        memoize(frame.node, into: &output)
        return false
    }

    /// The arguments of a call: a tuple that was made for it, unless it is known to be elsewhere too.
    private mutating func saveArguments(
        _ index: UInt32, of call: ValueNode, into output: inout ByteWriter, _ stack: inout IndexBuffer,
        _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let node = node(index)
        guard node.kind == .tuple, node.count > 0, !node.has(ValueNode.isFetched) else {
            return try save(index, into: &output, &stack, &table)
        }
        frames.beforeValue(&output)
        if version < 2 || node.count > 3 { output.append(UInt8(ascii: "(")) }
        var state = Frame.isOwn
        if call.kind == .call {
            state |= Frame.ownsLists
            if makesArguments(frame.node) { state |= Frame.ownsTexts }
        }
        try open(.tuple, index, cursor: ChildCursor(of: node), state: state, stack: &stack)
        return true
    }

    private mutating func saveOperation(
        _ index: UInt32, into output: inout ByteWriter, _ stack: inout IndexBuffer
    ) throws(PayloadError) {
        let node = node(index)
        let mode: Mode
        switch node.kind {
        case .appendOperation: mode = .appends
        case .addOperation: mode = .adds
        case .setItemsOperation where node.count & 1 == 0: mode = .setItems
        case .stateOperation where node.count == 1: mode = .state
        default: throw notRepresentable
        }
        try open(mode, index, cursor: ChildCursor(of: node), stack: &stack)
    }

    // MARK: Persistent ids

    /// Whether a persistent id fits a line of ASCII, and is not a long text that stands in other places too.
    private mutating func isLine(_ index: UInt32) -> Bool {
        let node = node(index)
        if node.has(ValueNode.isFetched), !SharedNodes.isInterned(node, bytes: bytes) { return false }
        return node.kind == .string && content(node).allSatisfy { $0 < 0x80 && $0 != 10 && $0 != 13 }
    }

    private mutating func savePersistent(_ node: ValueNode, into output: inout ByteWriter) {
        let id = firstChild(of: node)
        guard version == 0, isLine(id) else { return output.append(UInt8(ascii: "Q")) }
        output.append(UInt8(ascii: "P"))
        output.append(content(self.node(id)))
        output.append(UInt8(ascii: "\n"))
    }

    mutating func firstChild(of node: ValueNode) -> UInt32 {
        var cursor = ChildCursor(of: node)
        return cursor.next(in: edges, count: edgeCount)
    }

    // MARK: Old-style instances

    /// Whether an old-style instance is written with its class as two lines (INST), as protocol 0 does: in ASCII.
    private mutating func isLineClass(_ node: ValueNode) -> Bool {
        let cls = self.node(firstChild(of: node))
        guard cls.kind == .global, cls.count == 2, hasLineNames(cls) else { return false }
        var cursor = ChildCursor(of: cls)
        let module = content(self.node(cursor.next(in: edges, count: edgeCount)))
        let name = content(self.node(cursor.next(in: edges, count: edgeCount)))
        return module.allSatisfy { $0 < 0x80 } && name.allSatisfy { $0 < 0x80 }
    }

    private mutating func savePart(
        of node: ValueNode, _ position: UInt32, _ child: UInt32, into output: inout ByteWriter,
        _ stack: inout IndexBuffer, _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        if position == 0 {
            if node.kind == .instance, isLineClass(node) { return false }
            return try save(child, into: &output, &stack, &table)
        }
        let arguments = self.node(child)
        guard arguments.kind == .tuple else { throw notRepresentable }
        guard arguments.count > 0 else { return false }
        try open(.plain, child, cursor: ChildCursor(of: arguments), stack: &stack)
        return true
    }

    private mutating func saveInstance(_ node: ValueNode, into output: inout ByteWriter) {
        output.append(UInt8(ascii: "i"))
        writeLines(self.node(firstChild(of: node)), into: &output)
    }

    // MARK: Globals

    /// Whether a global's names can be written as two lines: texts that are not empty and have no newline or surrogate.
    mutating func hasLineNames(_ node: ValueNode) -> Bool {
        var cursor = ChildCursor(of: node)
        for _ in 0..<2 {
            let part = self.node(cursor.next(in: edges, count: edgeCount))
            guard part.kind == .string, part.count > 0, !part.has(ValueNode.hasSurrogates),
                !content(part).contains(10)
            else { return false }
        }
        return true
    }

    private mutating func writeLines(_ node: ValueNode, into output: inout ByteWriter) {
        var cursor = ChildCursor(of: node)
        for _ in 0..<2 {
            output.append(content(self.node(cursor.next(in: edges, count: edgeCount))))
            output.append(UInt8(ascii: "\n"))
        }
    }

    /// Writes a class or function by its names, or fetches it.
    private mutating func saveGlobal(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, _ stack: inout IndexBuffer,
        _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        var cursor = ChildCursor(of: node)
        let module = cursor.next(in: edges, count: edgeCount)
        let name = cursor.next(in: edges, count: edgeCount)
        guard self.node(module).kind == .string, self.node(name).kind == .string else {
            // The names are computed; what comes of it is never the same object as another.
            try open(.global, index, cursor: ChildCursor(of: node), stack: &stack)
            return true
        }
        // One to which something is done is a node of its own, and stays apart from others of its name.
        let isOwn = cursor.left > 0
        let slot = isOwn ? (number: nil, hash: 0) : findGlobal(module, name, &table)
        if let number = slot.number {
            get(number, into: &output)
        } else {
            if version >= 4 || !hasLineNames(node) {
                saveName(module, isOwn: false, into: &output, &table)
                saveName(name, isOwn: isUnsharedName(module, name), into: &output, &table)
                output.append(0x93)
            } else {
                output.append(UInt8(ascii: "c"))
                writeLines(node, into: &output)
            }
            let number = put(into: &output)
            if isOwn { memo[Int(index)] = number &+ 1 } else { keepGlobal(number, index, slot.hash, &table) }
        }
        guard isOwn else { return false }
        try open(.global, index, cursor: cursor, state: 1, stack: &stack)
        frame.done = 2
        return true
    }
}
