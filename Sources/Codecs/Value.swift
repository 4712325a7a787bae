/// What a payload reads into: a cursor into the flat nodes of one message.
///
/// It keeps its tree alive; filling the tree again with another message makes it stale.
package struct Value {
    package let tree: ValueTree
    package let index: UInt32

    package init(tree: ValueTree, index: UInt32) {
        self.tree = tree
        self.index = index
    }

    package var node: ValueNode { tree.node(at: index) }
    package var kind: ValueKind { node.kind }

    /// How many values stand directly in this one; a map counts its keys and its values.
    package var childCount: Int {
        switch kind {
        case .list, .tuple, .set, .frozenSet, .map, .global, .persistent, .call, .newObject, .newObjectWithKeywords,
            .instance, .classInstance, .appendOperation, .setItemsOperation, .addOperation, .stateOperation:
            Int(node.count)
        default: 0
        }
    }

    /// The values that stand directly in this one, in order.
    package var children: ValueChildren { ValueChildren(of: self) }

    /// A map's entries, in order.
    package var entries: ValueEntries { ValueEntries(children: children.makeIterator()) }

    /// The first entry of a map whose key is that text.
    package subscript(_ key: String) -> Value? {
        guard kind == .map else { return nil }
        var key = key
        return key.withUTF8 { key in
            let key = UnsafeRawBufferPointer(key)
            return entries.first { $0.key.isText(key) }?.value
        }
    }

    /// A boolean's value.
    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// An integer that fits 64 bits, also one that JSON wrote as plain digits.
    package var int: Int64? {
        switch kind {
        case .int: Int64(bitPattern: node.payload)
        case .number: Int64(String(decoding: content, as: UTF8.self))
        default: nil
        }
    }

    /// A number as a `Double`, rounded if need be.
    package var double: Double? {
        switch kind {
        case .int: Double(Int64(bitPattern: node.payload))
        case .float: Double(bitPattern: node.payload)
        case .number: Double(String(decoding: content, as: UTF8.self))
        default: nil
        }
    }

    /// The type number of bytes that have one.
    package var typeNumber: Int8? {
        kind == .typedBytes ? Int8(truncatingIfNeeded: node.detail) : nil
    }

    /// The bytes of a text, number or bytes value as they stand in the tree: a JSON string with its escapes.
    package var content: UnsafeRawBufferPointer { tree.content(of: node) }

    /// A text's bytes without escapes, as UTF-8 in which a lone surrogate stands as three bytes (WTF-8); nil where this
    /// is no text.
    package var text: [UInt8]? {
        guard kind == .string else { return nil }
        return node.has(ValueNode.hasEscapes) ? JSONString.unescape(content) : Array(content)
    }

    /// A text as a `String`; lone surrogates become U+FFFD.
    package var string: String? { text.map { String(decoding: $0, as: UTF8.self) } }

    /// Whether this is that text.
    package func isText(_ other: String) -> Bool {
        var other = other
        return other.withUTF8 { isText(UnsafeRawBufferPointer($0)) }
    }

    /// Whether this is that text, given as UTF-8.
    private func isText(_ other: UnsafeRawBufferPointer) -> Bool {
        let node = node
        guard node.kind == .string else { return false }
        if node.has(ValueNode.hasEscapes) { return JSONString.unescape(content).elementsEqual(other) }
        return Int(node.count) == other.count && content.elementsEqual(other)
    }

    /// Where this value's text stands in the payload, where that is text that was read as such (JSON); nil in any other
    /// message.
    package var sourceRange: Range<Int>? {
        guard tree.isSourceText else { return nil }
        let node = node
        switch node.kind {
        case .list, .map:
            guard node.has(ValueNode.isInline) else { return nil }
            return Int(node.high)..<Int(truncatingIfNeeded: tree.node(at: node.low - 1).payload)
        case .string: return Int(node.payload) - 1..<Int(node.payload) + Int(node.count) + 1
        case .number: return Int(node.payload)..<Int(node.payload) + Int(node.count)
        case .null, .true: return Int(node.payload)..<Int(node.payload) + 4
        case .false: return Int(node.payload)..<Int(node.payload) + 5
        default: return nil
        }
    }
}

/// The values directly in a container, in order.
package struct ValueChildren: Sequence, IteratorProtocol {
    private let tree: ValueTree
    private var next_: UInt32
    private var left: UInt32
    /// Edges left in the run; unused with inline children.
    private var leftInRun: UInt32 = 0
    private var nextRun: UInt32 = 0
    private let isInline: Bool

    fileprivate init(of value: Value) {
        let node = value.node
        tree = value.tree
        left = UInt32(value.childCount)
        isInline = node.has(ValueNode.isInline)
        next_ = isInline ? value.index + 1 : 0
        nextRun = isInline || left == 0 ? 0 : node.low
    }

    package var underestimatedCount: Int { Int(left) }

    /// Which of the tree's edges leads to the child that was given last; nil where children follow their container.
    package var lastEdge: Int? { isInline ? nil : Int(next_) - 1 }

    package mutating func next() -> Value? {
        guard left > 0 else { return nil }
        left -= 1
        if isInline {
            let child = Value(tree: tree, index: next_)
            let node = child.node
            next_ = node.has(ValueNode.isInline) ? node.low : next_ + 1
            return child
        }
        while leftInRun == 0 {
            precondition(nextRun != 0 && Int(nextRun) + 1 < tree.edgeCount)
            leftInRun = tree.edges[Int(nextRun) + 1]
            next_ = nextRun + 2
            nextRun = tree.edges[Int(nextRun)]
        }
        leftInRun -= 1
        precondition(Int(next_) < tree.edgeCount)
        let child = Value(tree: tree, index: tree.edges[Int(next_)])
        next_ += 1
        return child
    }
}

/// The entries of a map, in order.
package struct ValueEntries: Sequence, IteratorProtocol {
    fileprivate var children: ValueChildren

    package mutating func next() -> (key: Value, value: Value)? {
        guard let key = children.next(), let value = children.next() else { return nil }
        return (key, value)
    }
}
