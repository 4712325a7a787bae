/// Writes the value notation of a message's nodes: one loop over an explicit stack, straight into kept memory.
///
/// Its functions are mutating though most change nothing: a call that borrows would copy all of its variables first, which took
/// a third of the time.
struct NotationWriter: ~Copyable {
    /// What a frame's children are written as.
    enum Mode: UInt32 {
        /// Beneath the value itself.
        case top
        /// Elements, with commas.
        case elements
        /// Keys that are texts, and their values.
        case entries
        /// The same, where no key is long or has anything to escape.
        case plainEntries
        /// Keys and values as pairs in brackets.
        case pairs
        /// Callable, arguments, then what is done to the result.
        case object
        /// One operation after another, each in braces.
        case operations
    }

    /// A container that is being written: eight words, so that it goes on an `IndexBuffer`.
    struct Frame: BitwiseCopyable {
        var cursor = ChildCursor()
        var mode: UInt32
        /// Children written so far.
        var done: UInt32 = 0
        var node: UInt32 = 0
        /// Low byte: the bracket that closes it, or 0; above: how many braces follow.
        var closers: UInt32 = 0
    }

    let tree: ValueTree
    let nodes: UnsafeMutablePointer<ValueNode>
    let nodeCount: Int
    let edges: UnsafeMutablePointer<UInt32>
    let edgeCount: Int
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    var knownKeys = KnownKeys()
    /// Per node 2 where it stands in more than one place, more where it was written already.
    var visits: UnsafeMutablePointer<UInt32>?
    var definitions: UInt32 = 0
    /// What the output holds at the start, and what it may hold at most.
    private let startCount: Int
    private let maximumCount: Int
    private let maximumDepth: Int
    var depth = 0
    var frame = Frame(mode: Mode.top.rawValue)

    init(_ tree: ValueTree, limits: DecodingLimits, start: Int) {
        self.tree = tree
        nodes = tree.nodes
        nodeCount = tree.nodeCount
        edges = tree.edges
        edgeCount = tree.edgeCount
        bytes = tree.bytes
        byteCount = tree.byteCount
        startCount = start
        maximumCount = start + limits.maximumText(ofPayloadBytes: tree.payloadCount)
        maximumDepth = limits.maximumReadableDepth
    }

    /// Writes a node and all that hangs on it.
    mutating func write(
        _ root: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        stack.removeAll()
        _ = try value(root, into: &output, stack: &stack)
        while true {
            switch frame.mode {
            case Mode.elements.rawValue: try elements(into: &output, stack: &stack)
            case Mode.plainEntries.rawValue: try plainEntries(into: &output, stack: &stack)
            case Mode.entries.rawValue: try entries(into: &output, stack: &stack)
            case Mode.pairs.rawValue: try pairs(into: &output, stack: &stack)
            case Mode.object.rawValue: try object(into: &output, stack: &stack)
            case Mode.operations.rawValue: try operations(into: &output, stack: &stack)
            default:
                try check(output)
                return
            }
        }
    }

    // MARK: The children of a frame

    // The loops of what messages have most keep the cursor to themselves, and give it back before something is opened.

    private mutating func elements(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        var cursor = frame.cursor
        while cursor.left > 0 {
            if frame.done > 0 { output.append(UInt8(ascii: ",")) }
            frame.done = 1
            // Here too: a short text that is fetched a million times is written a million times.
            try check(output)
            let index = cursor.next(in: edges, count: edgeCount)
            if try plain(node(index), into: &output) { continue }
            frame.cursor = cursor
            if try sharedOrNot(index, node(index), into: &output, stack: &stack) { return }
        }
        close(into: &output, stack: &stack)
    }

    private mutating func plainEntries(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        var cursor = frame.cursor
        while cursor.left > 1 {
            try check(output)
            plainKey(content(node(cursor.next(in: edges, count: edgeCount))), isFirst: frame.done == 0, into: &output)
            frame.done = 1
            let index = cursor.next(in: edges, count: edgeCount)
            if try plain(node(index), into: &output) { continue }
            frame.cursor = cursor
            if try sharedOrNot(index, node(index), into: &output, stack: &stack) { return }
        }
        close(into: &output, stack: &stack)
    }

    private mutating func entries(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        while frame.cursor.left > 1 {
            try check(output)
            if frame.done > 0 { output.append(UInt8(ascii: ",")) }
            frame.done = 1
            JSONString.write(content(node(nextChild())), into: &output)
            output.append(UInt8(ascii: ":"))
            if try value(nextChild(), into: &output, stack: &stack) { return }
        }
        close(into: &output, stack: &stack)
    }

    private mutating func pairs(into output: inout ByteWriter, stack: inout IndexBuffer) throws(PayloadError) {
        while frame.cursor.left > 0 {
            if frame.done & 1 == 1 {
                output.append(UInt8(ascii: ","))
            } else {
                output.append(frame.done == 0 ? "[" : "],[")
            }
            frame.done &+= 1
            try check(output)
            if try value(nextChild(), into: &output, stack: &stack) { return }
        }
        if frame.done > 0 { output.append(UInt8(ascii: "]")) }
        depth &-= 1
        close(into: &output, stack: &stack)
    }

    // MARK: Frames

    /// Begins a container whose brackets are written already; `closers` says how they close.
    @inline(__always)
    mutating func open(
        _ mode: Mode, _ index: UInt32, cursor: ChildCursor, closers: UInt32, stack: inout IndexBuffer
    ) throws(PayloadError) {
        withUnsafeBytes(of: frame) { words in
            guard let start = words.baseAddress else { return }
            stack.append(from: start.assumingMemoryBound(to: UInt32.self), count: 8)
        }
        frame = Frame(cursor: cursor, mode: mode.rawValue, node: index, closers: closers)
        depth &+= Int(closers >> 8) &+ (closers & 0xFF == 0 ? 0 : 1) &+ (mode == .pairs ? 1 : 0)
        if depth > maximumDepth { throw tooDeep }
    }

    /// Ends the container and goes back to the one around it.
    @inline(__always)
    mutating func close(into output: inout ByteWriter, stack: inout IndexBuffer) {
        let closers = frame.closers
        if closers & 0xFF != 0 {
            output.append(UInt8(truncatingIfNeeded: closers))
            depth &-= 1
        }
        var braces = closers >> 8
        depth &-= Int(braces)
        while braces > 0 {
            output.append(UInt8(ascii: "}"))
            braces &-= 1
        }
        precondition(stack.count >= 8)
        frame = UnsafeRawPointer(stack.base + (stack.count &- 8)).loadUnaligned(as: Frame.self)
        stack.truncate(to: stack.count &- 8)
    }

    @inline(__always)
    mutating func nextChild() -> UInt32 { frame.cursor.next(in: edges, count: edgeCount) }

    @inline(__always)
    mutating func node(_ index: UInt32) -> ValueNode {
        precondition(Int(index) < nodeCount)
        return nodes[Int(index)]
    }

    @inline(__always)
    mutating func content(_ node: ValueNode) -> UnsafeRawBufferPointer {
        let offset = Int(truncatingIfNeeded: node.payload)
        precondition(offset >= 0 && offset &+ Int(node.count) <= byteCount)
        return UnsafeRawBufferPointer(start: bytes + offset, count: Int(node.count))
    }

    // MARK: Sharing and limits

    /// What becomes of a node that was fetched from the memo.
    enum Sharing {
        case single
        case defined
        case referred
    }

    /// Writes `{"$ref":n}`, or the start of `{"$def":n,"v":`, where a node stands in more than one place.
    @inline(never)
    mutating func sharing(_ index: UInt32, _ node: ValueNode, into output: inout ByteWriter) -> Sharing {
        guard let visits, visits[Int(index)] > 1,
            SharedNodes.isIdentityVisible(node, nodes: nodes, edges: edges, bytes: bytes)
        else { return .single }
        if visits[Int(index)] > 2 {
            output.append("{\"$ref\":")
            output.append(decimal: UInt64(visits[Int(index)] &- 2))
            output.append(UInt8(ascii: "}"))
            return .referred
        }
        definitions &+= 1
        visits[Int(index)] = definitions &+ 2
        output.append("{\"$def\":")
        output.append(decimal: UInt64(definitions))
        output.append(",\"v\":")
        return .defined
    }

    /// Whether a node will be, or was, written with a number.
    mutating func isShared(_ index: UInt32, _ node: ValueNode) -> Bool {
        guard node.has(ValueNode.isFetched), let visits, visits[Int(index)] > 1 else { return false }
        return SharedNodes.isIdentityVisible(node, nodes: nodes, edges: edges, bytes: bytes)
    }

    /// Whether `more` bytes of text still fit behind what is written.
    @inline(__always)
    mutating func check(_ output: borrowing ByteWriter, more: Int = 0) throws(PayloadError) {
        if output.count &+ more > maximumCount { throw tooLong }
    }

    /// Whether so many more brackets may be nested here.
    @inline(__always)
    mutating func check(levels: Int) throws(PayloadError) {
        if depth &+ levels > maximumDepth { throw tooDeep }
    }

    private var tooLong: PayloadError { .textOverLimit(maximumCount &- startCount) }

    private var tooDeep: PayloadError {
        PayloadError(.overLimit, at: 0, "the readable text is nested deeper than \(maximumDepth) levels")
    }
}
