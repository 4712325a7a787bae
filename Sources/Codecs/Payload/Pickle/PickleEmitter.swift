internal import Glibc

/// One run of `PickleWriter`: a loop over an explicit stack of containers that are being written.
///
/// Its functions are mutating though many change nothing: a call that borrows would copy all of its variables first, which took
/// a third of the time.
struct PickleEmitter: ~Copyable {
    /// What a frame's children are, and so what is written around them.
    enum Mode: UInt32 {
        case top
        case list
        case map
        case set
        case tuple
        case frozenSet
        /// Callable and arguments, then operations.
        case object
        /// Class and arguments of an old-style instance, then operations.
        case instance
        case persistent
        /// The names of a global, then operations.
        case global
        /// The arguments of an instance: nothing around them.
        case plain
        /// Operations on an object.
        case appends
        case setItems
        case adds
        case state
    }

    /// A container that is being written: eight words.
    struct Frame: BitwiseCopyable {
        var cursor = ChildCursor()
        var mode: UInt32
        var node: UInt32 = 0
        /// Children that were begun.
        var done: UInt32 = 0
        /// Low half: elements in the batch that is open; above: see the flags.
        var state: UInt32 = 0

        /// The tuple is a call's own, made anew whenever the call is written.
        static let isOwn: UInt32 = 1 << 16
        /// So are the lists in it …
        static let ownsLists: UInt32 = 1 << 17
        /// … and its first element, where that is text or bytes.
        static let ownsTexts: UInt32 = 1 << 18
        /// The batch began with a MARK.
        static let isMarked: UInt32 = 1 << 19

        var batch: UInt32 {
            get { state & 0xFFFF }
            set { state = state & 0xFFFF_0000 | newValue }
        }

        func has(_ flag: UInt32) -> Bool { state & flag != 0 }
    }

    static let batchSize: UInt32 = 1000

    let nodes: UnsafeMutablePointer<ValueNode>
    let nodeCount: Int
    let edges: UnsafeMutablePointer<UInt32>
    let edgeCount: Int
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    let version: Int
    let strings: StringIdentity
    let hash = ContentHash()
    var frame = Frame(mode: Mode.top.rawValue)
    /// Entries in the memo so far.
    var memoCount: UInt32 = 0
    /// Per node the number of its memo entry and 1, or 0.
    var memo: UnsafeMutablePointer<UInt32>
    /// Slots of the table of names and short texts, and how many are taken.
    var slotCount = 0
    var slotsTaken = 0
    var frames = PickleFrames()
    var bufferCount: UInt64 = 0
    private var opened = 0
    private let maximumOpened: Int
    /// The pickle that is to come out, where nothing else is wanted, and how much of the output is known to be it.
    private let expected: UnsafeRawBufferPointer?
    private var compared = 0
    /// The count of bytes from which on there is enough to compare.
    var nextComparison = Int.max
    /// Whether a text was fetched because texts that are equal are one object: otherwise every `StringIdentity` writes the same.
    var hasSharedTexts = false

    /// With `expected`, ends with an error soon after the first byte that differs from it.
    init(_ tree: ValueTree, version: Int, strings: StringIdentity, expected: UnsafeRawBufferPointer? = nil) {
        self.expected = expected
        nodes = tree.nodes
        nodeCount = tree.nodeCount
        edges = tree.edges
        edgeCount = tree.edgeCount
        bytes = tree.bytes
        byteCount = tree.byteCount
        memo = tree.memo.base
        self.version = version
        self.strings = strings
        maximumOpened = 4 * tree.nodeCount + 4096
    }

    mutating func write(
        _ root: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer, memo: inout IndexBuffer,
        table: inout IndexBuffer
    ) throws(PayloadError) {
        compared = output.count
        if expected != nil { nextComparison = compared &+ Self.comparedBytes }
        self.memo = memo.cleared(count: nodeCount)
        slotCount = 64
        _ = table.cleared(count: slotCount * 4)
        stack.removeAll()
        if version >= 2 {
            output.append(0x80)
            output.append(UInt8(truncatingIfNeeded: version))
        }
        if version >= 4 { frames.begin(&output) }
        try save(root, into: &output, &stack, &table)
        while frame.mode != Mode.top.rawValue { try step(into: &output, &stack, &table) }
        output.append(UInt8(ascii: "."))
        frames.end(&output)
    }

    // MARK: What is expected

    private static let comparedBytes = 256

    /// Compares what was written since the last time. The length of a frame that is open is not known yet, nor whether a frame
    /// of a few bytes will be one.
    @inline(never)
    mutating func compare(_ output: borrowing ByteWriter) throws(PayloadError) {
        guard let expected else { return }
        let start = frames.openStart
        let end = start >= 0 && output.count &- start < PickleFrames.headerCount &+ 4 ? start : output.count
        nextComparison = output.count &+ Self.comparedBytes
        var from = compared
        compared = max(from, end)
        let areEqual = output.withUnsafeBytes { written in
            guard end <= expected.count, let left = written.baseAddress, let right = expected.baseAddress else {
                return false
            }
            if start >= from, start < end {
                guard memcmp(left + from, right + from, start &+ 1 &- from) == 0 else { return false }
                from = start &+ PickleFrames.headerCount
            }
            return from >= end || memcmp(left + from, right + from, end &- from) == 0
        }
        if !areEqual {
            throw PayloadError(.notRepresentable, at: 0, "other bytes are written than those that are expected")
        }
    }

    // MARK: Frames

    /// Begins a container whose opening is written already.
    mutating func open(
        _ mode: Mode, _ index: UInt32, cursor: ChildCursor, state: UInt32 = 0, stack: inout IndexBuffer
    ) throws(PayloadError) {
        opened &+= 1
        if opened > maximumOpened {
            throw PayloadError(.overLimit, at: 0, "a cycle of values that cannot change comes back to itself too often")
        }
        withUnsafeBytes(of: frame) { words in
            guard let start = words.baseAddress else { return }
            stack.append(from: start.assumingMemoryBound(to: UInt32.self), count: 8)
        }
        frame = Frame(cursor: cursor, mode: mode.rawValue, node: index, state: state)
    }

    mutating func close(_ stack: inout IndexBuffer) {
        precondition(stack.count >= 8)
        frame = UnsafeRawPointer(stack.base + (stack.count &- 8)).loadUnaligned(as: Frame.self)
        stack.truncate(to: stack.count &- 8)
    }

    @inline(__always)
    mutating func nextChild() -> UInt32 {
        frame.done &+= 1
        return frame.cursor.next(in: edges, count: edgeCount)
    }

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

    var notRepresentable: PayloadError {
        PayloadError(.notRepresentable, at: 0, "this value is none that a pickle holds")
    }

    // MARK: The memo

    /// Writes the opcode that puts the value on the stack into the memo, and gives its number.
    @inline(__always)
    mutating func put(into output: inout ByteWriter) -> UInt32 {
        let number = memoCount
        memoCount &+= 1
        if version >= 4 {
            output.append(0x94)
        } else {
            put(number, into: &output)
        }
        return number
    }

    private mutating func put(_ number: UInt32, into output: inout ByteWriter) {
        if version == 0 {
            output.append(UInt8(ascii: "p"))
            output.append(decimal: UInt64(number))
            output.append(UInt8(ascii: "\n"))
        } else if number < 256 {
            output.append(UInt8(ascii: "q"))
            output.append(UInt8(truncatingIfNeeded: number))
        } else {
            output.append(UInt8(ascii: "r"))
            output.appendLittleEndian(number)
        }
    }

    /// Writes the opcode that fetches an entry of the memo.
    mutating func get(_ number: UInt32, into output: inout ByteWriter) {
        if version == 0 {
            output.append(UInt8(ascii: "g"))
            output.append(decimal: UInt64(number))
            output.append(UInt8(ascii: "\n"))
        } else if number < 256 {
            output.append(UInt8(ascii: "h"))
            output.append(UInt8(truncatingIfNeeded: number))
        } else {
            output.append(UInt8(ascii: "j"))
            output.appendLittleEndian(number)
        }
    }

    /// Puts a node into the memo, under its index.
    @inline(__always)
    mutating func memoize(_ index: UInt32, into output: inout ByteWriter) {
        memo[Int(index)] = put(into: &output) &+ 1
    }
}
