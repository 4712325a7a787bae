/// What a node of a `ValueTree` is.
package enum ValueKind: UInt8, Sendable, BitwiseCopyable {
    /// JSON's `null`, Python's `None`.
    case null
    case `false`
    case `true`
    /// An integer of up to 64 bits; the node's payload is its bit pattern.
    case int
    /// A larger integer: two's complement, the least significant byte first, at the node's bytes.
    case bigInt
    /// A number kept as its decimal text, as JSON has it: `1.0`, `1E+2` and forty digits stay what they are.
    case number
    /// A binary floating-point number; the node's payload is the bit pattern of a `Double`.
    case float
    /// Text as UTF-8, in which lone surrogates may stand as three bytes each (WTF-8, with `ValueNode.hasSurrogates`), or
    /// the inside of a JSON string with its escapes (`ValueNode.hasEscapes`).
    case string
    case bytes
    case byteArray
    /// Bytes that are sent as text: an 8-bit string of Python 2, a string of MessagePack that is not UTF-8.
    case legacyString
    /// Bytes with a type number that an application gave them (MessagePack's ext); the type is the node's `detail`.
    case typedBytes
    case list
    case tuple
    case set
    case frozenSet
    /// Keys and values in turn.
    case map
    /// The name of something in a module: children are the module's name and the qualified name.
    case global
    /// A code of the extension registry (EXT1, EXT2, EXT4); the node's payload.
    case extensionCode
    /// An object that is kept elsewhere; the child is its id.
    case persistent
    /// A buffer that travels out of band (protocol 5); the payload counts them from 0.
    case buffer
    /// What a call would give: children are the callable, the arguments, then what is done to the result.
    case call
    /// `cls.__new__(cls, *args)`: children as with `call`.
    case newObject
    /// `cls.__new__(cls, *args, **kwargs)`: the keyword arguments are the third child.
    case newObjectWithKeywords
    /// An instance as protocol 0 makes it (INST): children are the class and a tuple of arguments.
    case instance
    /// An instance as protocol 1 makes it (OBJ).
    case classInstance
    /// What is done to an object: elements are appended …
    case appendOperation
    /// … pairs are set; keys and values in turn …
    case setItemsOperation
    /// … elements are added to a set …
    case addOperation
    /// … or a state is given; the child.
    case stateOperation
    /// The end of a container whose children follow it directly; never seen through `Value`.
    case end
}

/// One of the flat nodes of a message: 16 bytes, no references.
///
/// ```
/// byte  0      1      2-3        4-7      8-15
///       kind   flags  detail     count    payload
/// ```
///
/// | kind | count | payload |
/// | --- | --- | --- |
/// | int, float | | the 64 bits |
/// | bigInt, number, string, bytes, byteArray, legacyString, typedBytes | bytes | offset of the first one in the tree's bytes |
/// | a container whose children follow it (`isInline`) | children | low half: the node after its end; high half: offset of its text |
/// | any other with children | children | low half: its first run of edges; high half: its last one |
/// | end | | offset after the container's text |
/// | extensionCode, buffer | | the number |
package struct ValueNode: BitwiseCopyable {
    package var kind: ValueKind
    package var flags: UInt8
    /// The type of `typedBytes`, as an Int8's bits; of other kinds what a reader notes there.
    package var detail: UInt16 = 0
    package var count: UInt32
    package var payload: UInt64

    /// The text holds escapes of JSON (`\n`, `\u00e9`).
    package static let hasEscapes: UInt8 = 1
    /// The text holds surrogates, each as three bytes.
    package static let hasSurrogates: UInt8 = 2
    /// The children are the nodes that follow, up to an `end`.
    package static let isInline: UInt8 = 4
    /// The node was fetched from a memo or doubled, so that it may stand in more than one place.
    package static let isFetched: UInt8 = 8
    /// A buffer that may not be written to.
    package static let isReadOnly: UInt8 = 16
    /// A float that was sent in 32 bits.
    package static let isSingle: UInt8 = 32

    @inline(__always)
    package init(kind: ValueKind, flags: UInt8 = 0, count: UInt32 = 0, payload: UInt64 = 0) {
        self.kind = kind
        self.flags = flags
        self.count = count
        self.payload = payload
    }

    @inline(__always)
    package init(kind: ValueKind, flags: UInt8 = 0, offset: Int, count: Int) {
        self.init(
            kind: kind, flags: flags, count: UInt32(truncatingIfNeeded: count),
            payload: UInt64(truncatingIfNeeded: offset)
        )
    }

    @inline(__always)
    package var low: UInt32 {
        get { UInt32(truncatingIfNeeded: payload) }
        set { payload = payload & 0xFFFF_FFFF_0000_0000 | UInt64(newValue) }
    }

    @inline(__always)
    package var high: UInt32 {
        get { UInt32(truncatingIfNeeded: payload >> 32) }
        set { payload = payload & 0xFFFF_FFFF | UInt64(newValue) << 32 }
    }

    @inline(__always)
    package func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// The values of one message as flat nodes, with the payload that they were read from.
///
/// One tree is kept per event loop (or per stored message) and filled again for each message, so that reading allocates
/// nothing. It owns a copy of the payload: a `Value` into it can outlive the socket's buffer. Nodes refer to each other by
/// index; a node may be reached from several places and, in a pickle, from itself, so a walk must bound itself.
///
/// Confined to one event loop or task at a time. Its variables are not checked for overlapping access: some forty checks a
/// message cost as much as reading a short one, and no function here holds one of them while it calls out, but for `build`,
/// which works on copies.
package final class ValueTree {
    /// The nodes; `isInline` containers stand before their children.
    @exclusivity(unchecked) package fileprivate(set) var nodes: UnsafeMutablePointer<ValueNode>
    @exclusivity(unchecked) package fileprivate(set) var nodeCount = 0
    @exclusivity(unchecked) fileprivate var nodeCapacity: Int
    /// Runs of children: `[start of the next run or 0, length, child …]`. Index 0 is not used.
    @exclusivity(unchecked) package fileprivate(set) var edges: UnsafeMutablePointer<UInt32>
    @exclusivity(unchecked) package fileprivate(set) var edgeCount = 1
    @exclusivity(unchecked) fileprivate var edgeCapacity: Int
    /// The payload, then what a reader made of it (text without its escapes).
    @exclusivity(unchecked) package fileprivate(set) var bytes: UnsafeMutableRawPointer
    @exclusivity(unchecked) package fileprivate(set) var byteCount = 0
    @exclusivity(unchecked) fileprivate var byteCapacity: Int
    /// How many of `bytes` are the payload.
    @exclusivity(unchecked) package private(set) var payloadCount = 0
    /// The node of the message's value.
    @exclusivity(unchecked) package var rootIndex: UInt32 = 0
    /// What was said of the pickle or the like that a writer needs to write it the same way again.
    @exclusivity(unchecked) package var settings = WritingSettings()
    /// Whether the payload is text in which each node knows its place, as a JSON reader's: `Value.sourceRange`.
    @exclusivity(unchecked) package fileprivate(set) var isSourceText = false
    /// Whether any node `isFetched`: without one, nothing is reached twice.
    @exclusivity(unchecked) package var hasFetchedNodes = false
    /// Whether the payload is a pickle of which all is known but which equal texts are one object (`PickleMachine.isOrdinary`).
    @exclusivity(unchecked) package fileprivate(set) var isOrdinaryPickle = false
    /// Whether any node is a class, function, object or the like, rather than plain data.
    @exclusivity(unchecked) package var hasObjects = false

    /// Memory for whoever reads or writes the tree at the moment, kept between messages; its content is anything.
    @exclusivity(unchecked) package var stack = IndexBuffer()
    @exclusivity(unchecked) package var marks = IndexBuffer()
    @exclusivity(unchecked) package var memo = IndexBuffer()
    @exclusivity(unchecked) package var visits = IndexBuffer()
    @exclusivity(unchecked) package var scratch = ByteWriter()

    package init() {
        nodeCapacity = 32
        nodes = .allocate(capacity: nodeCapacity)
        edgeCapacity = 64
        edges = .allocate(capacity: edgeCapacity)
        byteCapacity = 256
        bytes = .allocate(byteCount: byteCapacity, alignment: 16)
    }

    deinit {
        nodes.deallocate()
        edges.deallocate()
        bytes.deallocate()
    }

    /// The message's value; only after a successful `decode`.
    package var root: Value { Value(tree: self, index: rootIndex) }

    /// The payload that the values were read from.
    package var payload: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: payloadCount) }
    /// What `isPayloadPrintable` gives, once somebody has looked.
    @exclusivity(unchecked) var knownPrintable: Bool?
    /// Whether the payload is text that can be shown (`JSONString.isPrintable`): looked at once, however often it is asked.
    var isPayloadPrintable: Bool {
        if let knownPrintable { return knownPrintable }
        let isPrintable = JSONString.isPrintable(payload)
        knownPrintable = isPrintable
        return isPrintable
    }

    /// Empties the tree, takes a copy of `payload` and lets `build` add nodes. Memory that an unusually large message
    /// needed is given back by the next one.
    package func build(
        from payload: RawSpan,
        _ build: (inout TreeBuilder) throws(PayloadError) -> UInt32
    ) throws(PayloadError) {
        take(payload)
        var builder = TreeBuilder(tree: self)
        do throws(PayloadError) {
            rootIndex = try build(&builder)
            builder.giveBack(to: self)
        } catch {
            builder.giveBack(to: self)
            nodeCount = 0
            throw error
        }
    }

    /// Lets `change` add nodes to the tree as it is and put them in the place of others; it gives the root.
    package func edit(_ change: (inout TreeBuilder) -> UInt32) {
        var builder = TreeBuilder(tree: self)
        builder.isSourceText = isSourceText
        builder.hasFetchedNodes = hasFetchedNodes
        builder.hasObjects = hasObjects
        builder.settings = settings
        rootIndex = change(&builder)
        builder.giveBack(to: self)
    }

    /// Empties the tree and makes a copy of `payload` its only value: bytes.
    func holdBytes(_ payload: RawSpan) {
        take(payload)
        nodes[0] = ValueNode(kind: .bytes, offset: 0, count: payload.byteCount)
        nodeCount = 1
        rootIndex = 0
    }

    private func take(_ payload: RawSpan) {
        reset(payloadBytes: payload.byteCount)
        payload.withUnsafeBytes { source in
            if let start = source.baseAddress { bytes.copyMemory(from: start, byteCount: source.count) }
        }
        // Eight zero bytes behind the payload: readers may look at eight bytes at a time.
        bytes.storeBytes(of: 0, toByteOffset: payload.byteCount, as: UInt64.self)
        payloadCount = payload.byteCount
        byteCount = payload.byteCount + 8
    }

    private func reset(payloadBytes: Int) {
        nodeCount = 0
        edgeCount = 1
        settings = WritingSettings()
        isSourceText = false
        hasFetchedNodes = false
        hasObjects = false
        isOrdinaryPickle = false
        knownPrintable = nil
        if nodeCapacity > 1 << 16, payloadBytes < nodeCapacity {
            nodes.deallocate()
            nodeCapacity = 32
            nodes = .allocate(capacity: nodeCapacity)
        }
        if edgeCapacity > 1 << 18, payloadBytes < edgeCapacity {
            edges.deallocate()
            edgeCapacity = 64
            edges = .allocate(capacity: edgeCapacity)
        }
        if byteCapacity < payloadBytes + 16 || (byteCapacity > 1 << 20 && payloadBytes < byteCapacity / 4) {
            bytes.deallocate()
            byteCapacity = max(payloadBytes + 16, 256)
            bytes = .allocate(byteCount: byteCapacity, alignment: 16)
        }
    }

    /// The node at an index that came from this tree.
    @inline(__always)
    package func node(at index: UInt32) -> ValueNode {
        precondition(Int(index) < nodeCount)
        return nodes[Int(index)]
    }

    /// The bytes of a text, number or bytes node.
    @inline(__always)
    package func content(of node: ValueNode) -> UnsafeRawBufferPointer {
        let offset = Int(truncatingIfNeeded: node.payload)
        precondition(offset >= 0 && offset &+ Int(node.count) <= byteCount)
        return UnsafeRawBufferPointer(start: bytes + offset, count: Int(node.count))
    }
}

/// Adds nodes to a tree while it is read: the tree's memory in local variables, so that the hot loops pay for no
/// exclusivity check.
package struct TreeBuilder: ~Copyable {
    package private(set) var nodes: UnsafeMutablePointer<ValueNode>
    package private(set) var nodeCount: Int
    private var nodeCapacity: Int
    package private(set) var edges: UnsafeMutablePointer<UInt32>
    package private(set) var edgeCount: Int
    private var edgeCapacity: Int
    /// The payload and eight zero bytes, then what was appended.
    package private(set) var bytes: UnsafeMutableRawPointer
    private var byteCount: Int
    private var byteCapacity: Int
    package var isSourceText = false
    package var hasFetchedNodes = false
    package var hasObjects = false
    package var isOrdinaryPickle = false
    package var settings = WritingSettings()

    fileprivate init(tree: ValueTree) {
        nodes = tree.nodes
        nodeCount = tree.nodeCount
        nodeCapacity = tree.nodeCapacity
        edges = tree.edges
        edgeCount = tree.edgeCount
        edgeCapacity = tree.edgeCapacity
        bytes = tree.bytes
        byteCount = tree.byteCount
        byteCapacity = tree.byteCapacity
    }

    fileprivate func giveBack(to tree: ValueTree) {
        tree.nodes = nodes
        tree.nodeCount = nodeCount
        tree.nodeCapacity = nodeCapacity
        tree.edges = edges
        tree.edgeCount = edgeCount
        tree.edgeCapacity = edgeCapacity
        tree.bytes = bytes
        tree.byteCount = byteCount
        tree.byteCapacity = byteCapacity
        tree.isSourceText = isSourceText
        tree.hasFetchedNodes = hasFetchedNodes
        tree.hasObjects = hasObjects
        tree.isOrdinaryPickle = isOrdinaryPickle
        tree.settings = settings
    }

    /// Adds a node and gives its index. How many there may be is the caller's to check.
    @inline(__always)
    package mutating func append(_ node: ValueNode) -> UInt32 {
        if nodeCount == nodeCapacity { growNodes() }
        nodes[nodeCount] = node
        nodeCount &+= 1
        return UInt32(truncatingIfNeeded: nodeCount &- 1)
    }

    @inline(never)
    private mutating func growNodes() {
        let larger = UnsafeMutablePointer<ValueNode>.allocate(capacity: nodeCapacity * 2)
        larger.update(from: nodes, count: nodeCount)
        nodes.deallocate()
        nodes = larger
        nodeCapacity *= 2
    }

    @inline(__always)
    package subscript(index: UInt32) -> ValueNode {
        get {
            precondition(Int(index) < nodeCount)
            return nodes[Int(index)]
        }
        set {
            precondition(Int(index) < nodeCount)
            nodes[Int(index)] = newValue
        }
    }

    /// Adds children to a node that has edges (not one that `isInline`), behind those that it has.
    @inline(__always)
    package mutating func appendChildren(
        _ children: UnsafePointer<UInt32>, count: Int, to index: UInt32
    ) {
        guard count > 0 else { return }
        precondition(Int(index) < nodeCount)
        if edgeCapacity &- edgeCount < count &+ 2 { growEdges(count &+ 2) }
        let node = nodes + Int(index)
        let last = Int(node.pointee.high)
        if last != 0, last &+ 2 &+ Int(edges[last &+ 1]) == edgeCount {
            edges[last &+ 1] &+= UInt32(truncatingIfNeeded: count)
        } else {
            let start = UInt32(truncatingIfNeeded: edgeCount)
            edges[edgeCount] = 0
            edges[edgeCount &+ 1] = UInt32(truncatingIfNeeded: count)
            edgeCount &+= 2
            if last != 0 { edges[last] = start } else { node.pointee.low = start }
            node.pointee.high = start
        }
        (edges + edgeCount).update(from: children, count: count)
        edgeCount &+= count
        node.pointee.count &+= UInt32(truncatingIfNeeded: count)
    }

    /// Adds one child to a node that has edges.
    @inline(__always)
    package mutating func appendChild(_ child: UInt32, to index: UInt32) {
        withUnsafePointer(to: child) { appendChildren($0, count: 1, to: index) }
    }

    /// Puts another child where an edge of `ValueChildren.lastEdge` leads.
    package mutating func replaceChild(at edge: Int, with child: UInt32) {
        precondition(edge > 0 && edge < edgeCount)
        edges[edge] = child
    }

    /// The last child of a node that has edges, nil where it has no child.
    package func lastChild(of index: UInt32) -> UInt32? {
        precondition(Int(index) < nodeCount)
        let last = Int(nodes[Int(index)].high)
        guard last != 0 else { return nil }
        return edges[last &+ 1 &+ Int(edges[last &+ 1])]
    }

    @inline(never)
    private mutating func growEdges(_ additional: Int) {
        let wanted = max(edgeCapacity * 2, edgeCount + additional)
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: wanted)
        larger.update(from: edges, count: edgeCount)
        edges.deallocate()
        edges = larger
        edgeCapacity = wanted
    }

    /// Copies bytes that do not stand in the payload behind it, and gives their offset. `bytes` may move.
    package mutating func appendBytes(_ added: UnsafeRawBufferPointer) -> Int {
        let offset = byteCount
        if byteCapacity - byteCount < added.count + 16 {
            let wanted = max(byteCapacity * 2, byteCount + added.count + 16)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
            larger.copyMemory(from: bytes, byteCount: byteCount)
            bytes.deallocate()
            bytes = larger
            byteCapacity = wanted
        }
        if let start = added.baseAddress { (bytes + offset).copyMemory(from: start, byteCount: added.count) }
        byteCount += added.count
        bytes.storeBytes(of: 0, toByteOffset: byteCount, as: UInt64.self)
        return offset
    }
}

/// How a payload was written, where its format leaves a choice that the value does not show.
package struct WritingSettings: Sendable, Hashable {
    /// The version of the format: a pickle's protocol.
    package var protocolVersion: Int?
    /// Which equal strings are one object, referred to again, and which are objects of their own.
    package var strings = StringIdentity.shared

    package init(protocolVersion: Int? = nil, strings: StringIdentity = .shared) {
        self.protocolVersion = protocolVersion
        self.strings = strings
    }
}

/// Which equal strings of a message were one object to the program that wrote it, where the format shows that and the value
/// does not.
package enum StringIdentity: String, Sendable, Hashable, CaseIterable {
    /// All: what literals are.
    case shared
    /// The keys of maps alone: the usual case of records whose texts came from elsewhere.
    case keys
    /// None.
    case distinct
}
