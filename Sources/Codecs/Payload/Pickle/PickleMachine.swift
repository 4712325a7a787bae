/// The stack machine that a pickle is a program for, building nodes instead of objects.
///
/// Stack, marks and memo hold node indexes. One machine lives for one message; its memory is lent by the tree.
struct PickleMachine: ~Copyable {
    /// Stands in the memo where nothing was stored.
    static let noEntry = UInt32.max
    /// The nodes that every message starts with.
    static let noneNode: UInt32 = 0
    static let falseNode: UInt32 = 1
    static let trueNode: UInt32 = 2

    var stack = IndexBuffer(lent: ())
    /// For each open MARK: the height of the stack there, and `height` as it was.
    var marks = IndexBuffer(lent: ())
    var memo = IndexBuffer(lent: ())
    /// Memo entries far above the others, so that an index of 10^9 costs no memory.
    var farMemo = [UInt32: UInt32]()
    var hasFarEntries = false
    /// Entries of both memos. MEMOIZE stores at this index.
    var memoCount = 0

    /// Where the next byte is read, and where the payload ends. Eight zero bytes follow there.
    var position = 0
    var end = 0
    /// The payload; moves when bytes are appended to the tree.
    var input: UnsafeRawPointer
    /// The height of the stack at the topmost MARK: no opcode reaches below it.
    var fence = 0

    var buffers: UInt64 = 0
    /// How often something was put into something: no value is nested deeper than that.
    var additions = 0
    /// How deep the values are nested at most that were pushed since the topmost MARK, as long as none stands in two places;
    /// and what that was for the MARK that was popped last.
    var height = 0
    var closedHeight = 0
    /// Whether a value that may hold others may stand in two places.
    var hasFetchedContainers = false
    /// Edges made: values counted wherever they stand.
    var elements = 0
    var protocolVersion = -1
    /// How many entries the memo may have for a MEMOIZE to be taken along with what it keeps; none where opcodes are counted.
    var easyMemoEntries: Int
    /// Up to where opcodes are read without a look at the frame: `end`, or where the frame is full.
    var runEnd = 0
    /// Whether all opcodes so far may be those of an ordinary pickle, and what is known of its frames: where the last one
    /// begins and ends, and the height of the stack where one stood behind a MARK.
    var isOrdinary = true
    var frameStart = -1
    var frameEnd = -1
    var framedHeight = -1
    let nodeLimit: Int
    let stackLimit: Int
    let limits: DecodingLimits

    init(limits: DecodingLimits) {
        self.limits = limits
        easyMemoEntries = limits.maximumMemoEntries
        nodeLimit = min(limits.maximumElements, 1 << 29) + 3
        stackLimit = min(limits.maximumMemoEntries, 1 << 30)
        input = UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
    }

    /// Runs the pickle up to its STOP and gives the node of its value.
    mutating func run(_ payloadCount: Int, _ builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        end = payloadCount
        runEnd = payloadCount
        input = UnsafeRawPointer(builder.bytes)
        _ = builder.append(ValueNode(kind: .null))
        _ = builder.append(ValueNode(kind: .false))
        _ = builder.append(ValueNode(kind: .true))
        var opcodesLeft = limits.maximumOpcodes
        if opcodesLeft < end { easyMemoEntries = 0 }
        while position < runEnd || goesOn() {
            let at = position
            let code = input.load(fromByteOffset: at, as: UInt8.self)
            position = at &+ 1
            opcodesLeft &-= 1
            if opcodesLeft < 0 { throw overLimit(at, "the pickle has more than \(limits.maximumOpcodes) opcodes") }
            switch code {
            case PickleOpcode.shortBinUnicode: try loadShortText(at, &builder)
            case PickleOpcode.memoize: try memoizeLate(at)
            case PickleOpcode.binInt1: try pushInt(Int64(take(1, at)), at, &builder)
            case PickleOpcode.binGet: try fetch(Int(take(1, at)), at, &builder)
            case PickleOpcode.binFloat: try push(.float, take(8, at).byteSwapped, at, &builder)
            case PickleOpcode.binInt2: try pushInt(Int64(take(2, at)), above: 0xFF, at, &builder)
            case PickleOpcode.binInt:
                try pushInt(Int64(Int32(truncatingIfNeeded: take(4, at))), above: 0xFFFF, at, &builder)
            case PickleOpcode.mark: try pushMark(at)
            case PickleOpcode.binPut:
                isOrdinary = false
                try put(Int(take(1, at)), at)
            case PickleOpcode.none: try push(Self.noneNode, at)
            case PickleOpcode.newTrue: try push(Self.trueNode, at)
            case PickleOpcode.newFalse: try push(Self.falseNode, at)
            case PickleOpcode.emptyDictionary: try pushKept(ValueNode(kind: .map), at, &builder)
            case PickleOpcode.emptyList: try pushKept(ValueNode(kind: .list), at, &builder)
            case PickleOpcode.emptyTuple: try push(.tuple, 0, at, &builder)
            case PickleOpcode.emptySet: try pushKept(ValueNode(kind: .set), at, &builder)
            case PickleOpcode.setItems: try setItems(from: popMark(at), atLeast: 2, closedHeight, at, &builder)
            case PickleOpcode.setItem: try setItems(from: stack.count &- 2, atLeast: 1, height, at, &builder)
            case PickleOpcode.appends: try appendItems(from: popMark(at), atLeast: 2, closedHeight, at, &builder)
            case PickleOpcode.append: try appendItems(from: stack.count &- 1, atLeast: 1, height, at, &builder)
            case PickleOpcode.tuple1: try collectTuple(1, at, &builder)
            case PickleOpcode.tuple2: try collectTuple(2, at, &builder)
            case PickleOpcode.tuple3: try collectTuple(3, at, &builder)
            case PickleOpcode.tuple: try collectTuple(at, &builder)
            case PickleOpcode.longBinGet: try fetch(longIndex(at), at, &builder)
            case PickleOpcode.longBinPut:
                isOrdinary = false
                try put(Int(take(4, at)), at)
            case PickleOpcode.binUnicode: try loadText(counted: 4, at, &builder)
            case PickleOpcode.shortBinBytes: try loadBytes(.bytes, counted: 1, at, &builder)
            case PickleOpcode.frame: try checkFrame(at)
            case PickleOpcode.stop: return try stop(at, &builder)
            default: try runSeldom(code, at, &builder)
            }
        }
        throw PayloadError(.truncated, at: end, "the pickle ends without a STOP opcode")
    }

    /// The opcodes that messages hold few of.
    @inline(never)
    private mutating func runSeldom(
        _ code: UInt8, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        noteSeldom(code, at)
        switch code {
        case PickleOpcode.proto: try setProtocol(at)
        case PickleOpcode.binBytes: try loadBytes(.bytes, counted: 4, at, &builder)
        case PickleOpcode.binBytes8: try loadBytes(.bytes, counted: 8, at, &builder)
        case PickleOpcode.byteArray8: try loadBytes(.byteArray, counted: 8, at, &builder)
        case PickleOpcode.shortBinString: try loadBytes(.legacyString, counted: 1, at, &builder)
        case PickleOpcode.binString: try loadLegacyString(at, &builder)
        case PickleOpcode.binUnicode8: try loadText(counted: 8, at, &builder)
        case PickleOpcode.long1: try loadLong(Int(take(1, at)), at, &builder)
        case PickleOpcode.long4: try loadLong(Int(Int32(truncatingIfNeeded: take(4, at))), at, &builder)
        case PickleOpcode.int: try loadIntText(at, &builder)
        case PickleOpcode.long: try loadLongText(at, &builder)
        case PickleOpcode.float: try loadFloatText(at, &builder)
        case PickleOpcode.string: try loadStringText(at, &builder)
        case PickleOpcode.unicode: try loadUnicodeText(at, &builder)
        case PickleOpcode.list: try collect(.list, from: popMark(at), closedHeight, at, &builder)
        case PickleOpcode.dictionary: try collectMap(from: popMark(at), closedHeight, at, &builder)
        case PickleOpcode.frozenSet: try collectFrozenSet(from: popMark(at), closedHeight, at, &builder)
        case PickleOpcode.addItems: try addItems(from: popMark(at), closedHeight, at, &builder)
        case PickleOpcode.pop: try pop(at)
        case PickleOpcode.popMark: stack.truncate(to: try popMark(at))
        case PickleOpcode.duplicate: try duplicate(at, &builder)
        case PickleOpcode.put: try put(memoIndexText(at, takesValue: true), at)
        case PickleOpcode.get: try fetch(memoIndexText(at, takesValue: false), at, &builder)
        case PickleOpcode.global: try loadGlobal(at, &builder)
        case PickleOpcode.stackGlobal: try loadStackGlobal(at, &builder)
        case PickleOpcode.reduce: try loadCall(at, &builder)
        case PickleOpcode.newObject: try loadNewObject(.newObject, at, &builder)
        case PickleOpcode.newObjectWithKeywords: try loadNewObject(.newObjectWithKeywords, at, &builder)
        case PickleOpcode.instance: try loadInstance(at, &builder)
        case PickleOpcode.object: try loadClassInstance(from: popMark(at), at, &builder)
        case PickleOpcode.build: try buildObject(at, &builder)
        case PickleOpcode.extension1: try loadExtension(Int(take(1, at)), at, &builder)
        case PickleOpcode.extension2: try loadExtension(Int(take(2, at)), at, &builder)
        case PickleOpcode.extension4: try loadExtension(Int(Int32(truncatingIfNeeded: take(4, at))), at, &builder)
        case PickleOpcode.persistentID: try loadPersistentText(at, &builder)
        case PickleOpcode.binPersistentID: try loadPersistent(at, &builder)
        case PickleOpcode.nextBuffer: try loadBuffer(at, &builder)
        case PickleOpcode.readonlyBuffer: try makeReadOnly(at, &builder)
        default:
            throw PayloadError(.malformed, at: at, "\(PickleOpcode.name(of: code)) is not a pickle opcode")
        }
    }

    /// The value on top; what lies below it is left, as CPython leaves it.
    private mutating func stop(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        guard stack.count > fence else { throw underflow(at) }
        let root = stack.removeLast()
        // Before the depth is looked at, which uses the stack.
        let isOrdinary = endsOrdinarily()
        if (hasFetchedContainers ? additions : height) > limits.maximumDepth { try checkDepth(of: root, at, builder) }
        if protocolVersion < 0 { protocolVersion = protocolOfOpcodes() }
        builder.settings.protocolVersion = protocolVersion
        builder.isOrdinaryPickle = isOrdinary
        return root
    }
}

// MARK: The stack

extension PickleMachine {
    @inline(__always)
    mutating func push(_ node: UInt32, _ at: Int) throws(PayloadError) {
        if stack.count >= stackLimit { throw overLimit(at, "the pickle's stack is higher than \(stackLimit)") }
        stack.append(node)
    }

    @inline(__always)
    mutating func push(_ node: ValueNode, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
        try push(builder.append(node), at)
    }

    @inline(__always)
    mutating func push(
        _ kind: ValueKind, _ payload: UInt64, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        try push(ValueNode(kind: kind, payload: payload), at, &builder)
    }

    @inline(__always)
    mutating func pushInt(_ number: Int64, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        try push(.int, UInt64(bitPattern: number), at, &builder)
    }

    /// Pushes an integer whose opcode is for those below 0 and above `limit`.
    @inline(__always)
    mutating func pushInt(
        _ number: Int64, above limit: Int64, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        if UInt64(bitPattern: number) <= UInt64(bitPattern: limit) { isOrdinary = false }
        try pushInt(number, at, &builder)
    }

    /// Pushes what is put into the memo as soon as it is made; the MEMOIZE for that is mostly the next opcode.
    @inline(__always)
    mutating func pushKept(_ node: ValueNode, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        if builder.nodeCount >= nodeLimit { throw tooManyElements(at) }
        let index = builder.append(node)
        try push(index, at)
        memoizeNext(index)
    }

    @inline(__always)
    mutating func pushMark(_ at: Int) throws(PayloadError) {
        if marks.count &>> 1 >= limits.maximumMarks {
            throw overLimit(at, "more than \(limits.maximumMarks) MARKs are open")
        }
        marks.append(UInt32(truncatingIfNeeded: stack.count))
        marks.append(UInt32(truncatingIfNeeded: height))
        fence = stack.count
        height = 0
    }

    /// Takes the topmost MARK off and gives the height of the stack where it stood.
    @inline(__always)
    mutating func popMark(_ at: Int) throws(PayloadError) -> Int {
        guard marks.count > 0 else { throw malformed(at, "no MARK is open") }
        closedHeight = height
        height = Int(marks.removeLast())
        let mark = Int(marks.removeLast())
        fence = marks.count > 0 ? Int(marks.base[marks.count &- 2]) : 0
        return mark
    }

    mutating func pop(_ at: Int) throws(PayloadError) {
        if marks.count > 0, stack.count == fence {
            _ = try popMark(at)
        } else {
            guard stack.count > fence else { throw underflow(at) }
            stack.truncate(to: stack.count &- 1)
        }
    }

    mutating func duplicate(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        guard stack.count > fence else { throw underflow(at) }
        let top = stack[stack.count &- 1]
        markFetched(top, &builder)
        try push(top, at)
    }
}

// MARK: The input

extension PickleMachine {
    /// The next `count` bytes, at most eight, as a little-endian number.
    @inline(__always)
    mutating func take(_ count: Int, _ at: Int) throws(PayloadError) -> UInt64 {
        guard end &- position >= count else { throw truncated(at) }
        let bits = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        position &+= count
        return count == 8 ? bits : bits & (1 << UInt64(count &* 8) &- 1)
    }

    /// An index of the memo of four bytes.
    @inline(__always)
    mutating func longIndex(_ at: Int) throws(PayloadError) -> Int {
        let index = Int(try take(4, at))
        if index < 256 { isOrdinary = false }
        return index
    }

    /// Takes a length of `width` bytes and then as many bytes as it says; gives their offset and count.
    @inline(__always)
    mutating func takeCounted(_ width: Int, _ at: Int) throws(PayloadError) -> (offset: Int, count: Int) {
        let count = try take(width, at)
        let offset = position
        guard count <= UInt64(end &- offset) else { throw truncated(at, claimed: count) }
        position = offset &+ Int(truncatingIfNeeded: count)
        return (offset, Int(truncatingIfNeeded: count))
    }

    mutating func setProtocol(_ at: Int) throws(PayloadError) {
        let version = Int(try take(1, at))
        guard version <= PickleOpcode.highestProtocol else {
            throw malformed(at, "protocol \(version) is not known; the highest is \(PickleOpcode.highestProtocol)")
        }
        protocolVersion = version
    }

    /// A frame is a promise that so many bytes follow, and nothing else.
    mutating func checkFrame(_ at: Int) throws(PayloadError) {
        let count = try take(8, at)
        guard count <= UInt64(end &- position) else { throw truncated(at, claimed: count) }
        noteFrame(at, count: Int(count))
    }

    /// The first protocol that has all the opcodes used; for a pickle without PROTO.
    func protocolOfOpcodes() -> Int {
        var limits = DecodingLimits()
        limits.maximumOpcodes = .max
        var highest: UInt8 = 0
        var scanner = PickleOpcodes(bytes: UnsafeRawBufferPointer(start: input, count: position))
        while let code = scanner.next() { highest = max(highest, PickleStep.minimumProtocols[Int(code)]) }
        return Int(highest)
    }
}
