extension PickleEmitter {
    /// Writes what comes before the next child of the frame, and begins that child; or ends the frame.
    mutating func step(
        into output: inout ByteWriter, _ stack: inout IndexBuffer, _ table: inout IndexBuffer
    ) throws(PayloadError) {
        switch Mode(rawValue: frame.mode) {
        case .list, .appends:
            while frame.cursor.left > 0 {
                beginElement(UInt8(ascii: "a"), many: UInt8(ascii: "e"), width: 1, into: &output)
                if try save(nextChild(), into: &output, &stack, &table) { return }
            }
            endBatch(UInt8(ascii: "a"), many: UInt8(ascii: "e"), into: &output)
            close(&stack)
        case .map, .setItems:
            while frame.cursor.left > 0 {
                if frame.done & 1 == 0 {
                    beginElement(UInt8(ascii: "s"), many: UInt8(ascii: "u"), width: 2, into: &output)
                }
                if try save(nextChild(), into: &output, &stack, &table) { return }
            }
            endBatch(UInt8(ascii: "s"), many: UInt8(ascii: "u"), into: &output)
            close(&stack)
        case .set, .adds:
            while frame.cursor.left > 0 {
                beginElement(0x90, many: 0x90, width: 1, into: &output)
                if try save(nextChild(), into: &output, &stack, &table) { return }
            }
            endBatch(0x90, many: 0x90, into: &output)
            close(&stack)
        case .tuple, .frozenSet, .plain:
            while frame.cursor.left > 0 {
                if try save(nextChild(), into: &output, &stack, &table) { return }
            }
            if frame.mode == Mode.tuple.rawValue { endTuple(into: &output) }
            if frame.mode == Mode.frozenSet.rawValue { endFrozenSet(into: &output) }
            close(&stack)
        case .state:
            if frame.cursor.left > 0, try save(nextChild(), into: &output, &stack, &table) { return }
            output.append(UInt8(ascii: "b"))
            close(&stack)
        default: try stepObject(into: &output, &stack, &table)
        }
    }

    // MARK: Batches

    /// Ends the batch that is full, or the single element before, and begins another.
    ///
    /// Lists and dicts themselves (batch_list_exact, batch_dict_exact) write one element alone only where they have no
    /// other; what objects append (batch_list, batch_dict) does so for each rest of one.
    @inline(__always)
    private mutating func beginElement(_ one: UInt8, many: UInt8, width: UInt32, into output: inout ByteWriter) {
        if version == 0, one != many {
            if frame.done > 0 { output.append(one) }
            return
        }
        if frame.batch == Self.batchSize {
            output.append(many)
            frame.state = 0
        }
        if frame.batch == 0 {
            let isIterated = frame.mode == Mode.appends.rawValue || frame.mode == Mode.setItems.rawValue
            let isAlone = frame.cursor.left == width && one != many && (isIterated || frame.done == 0)
            if !isAlone {
                output.append(UInt8(ascii: "("))
                frame.state = Frame.isMarked
            }
        }
        frame.state &+= 1
    }

    private mutating func endBatch(_ one: UInt8, many: UInt8, into output: inout ByteWriter) {
        guard frame.done > 0 else { return }
        output.append(frame.has(Frame.isMarked) ? many : one)
        // A dict or set of a multiple of a thousand ends with an empty batch: only that shows the C code that it is done.
        if frame.batch == Self.batchSize, frame.mode == Mode.map.rawValue || frame.mode == Mode.set.rawValue {
            output.append(UInt8(ascii: "("))
            output.append(many)
        }
    }

    // MARK: Tuples and frozen sets

    /// Ends a tuple; where it came up again among its own elements it is in the memo by now, and they are popped.
    private mutating func endTuple(into output: inout ByteWriter) {
        let count = Int(frame.done)
        let isShort = count <= 3 && version >= 2
        let entry = memo[Int(frame.node)]
        if !frame.has(Frame.isOwn), entry != 0 {
            if version > 0, !isShort {
                output.append(UInt8(ascii: "1"))
            } else {
                for _ in 0..<(isShort ? count : count + 1) { output.append(UInt8(ascii: "0")) }
            }
            return get(entry &- 1, into: &output)
        }
        output.append(isShort ? 0x84 &+ UInt8(truncatingIfNeeded: count) : UInt8(ascii: "t"))
        if frame.has(Frame.isOwn) { _ = put(into: &output) } else { memoize(frame.node, into: &output) }
    }

    private mutating func endFrozenSet(into output: inout ByteWriter) {
        let entry = memo[Int(frame.node)]
        if entry != 0 {
            output.append(UInt8(ascii: "1"))
            return get(entry &- 1, into: &output)
        }
        output.append(0x91)
        memoize(frame.node, into: &output)
    }

    // MARK: Openings

    /// Writes the opening of a container and opens its frame; false where it was in the memo, or is empty.
    mutating func saveContainer(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, _ stack: inout IndexBuffer,
        _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let isOwn = frame.has(Frame.ownsLists) && !node.has(ValueNode.isFetched)
        if memo[Int(index)] != 0, fetch(index, into: &output) { return false }
        let cursor = ChildCursor(of: node)
        switch node.kind {
        case .list:
            output.append(version == 0 ? "(l" : "]")
            memoizeMutable(index, isOwn: isOwn, into: &output)
            if node.count > 0 { try open(.list, index, cursor: cursor, stack: &stack) }
        case .map:
            guard node.count & 1 == 0 else { throw notRepresentable }
            output.append(version == 0 ? "(d" : "}")
            memoizeMutable(index, isOwn: isOwn, into: &output)
            if node.count > 0 { try open(.map, index, cursor: cursor, stack: &stack) }
        case .set:
            output.append(0x8F)
            memoizeMutable(index, isOwn: isOwn, into: &output)
            if node.count > 0 { try open(.set, index, cursor: cursor, stack: &stack) }
        case .tuple:
            if node.count == 0 {
                output.append(version == 0 ? "(t" : ")")
                return false
            }
            if version < 2 || node.count > 3 { output.append(UInt8(ascii: "(")) }
            try open(.tuple, index, cursor: cursor, stack: &stack)
        case .frozenSet:
            output.append(UInt8(ascii: "("))
            // Also without elements: its end is still to be written.
            try open(.frozenSet, index, cursor: cursor, stack: &stack)
            return true
        default: return try saveObject(index, node, into: &output, &stack, &table)
        }
        return node.count > 0
    }

    /// A list that a call's arguments were made of (a set's elements below protocol 4) is another one each time that the
    /// call is written, as far as anything shows: fetched, it would be fetched half full. Where it comes up a third time
    /// nothing else ends the cycle.
    private static let isOwnOnce: UInt32 = 1 << 30
    private static let isOwnTwice: UInt32 = 1 << 31

    /// Fetches what the memo has; false where it is to be written once more.
    private mutating func fetch(_ index: UInt32, into output: inout ByteWriter) -> Bool {
        let entry = memo[Int(index)]
        if entry & Self.isOwnOnce != 0 { return false }
        get((entry & ~Self.isOwnTwice) &- 1, into: &output)
        return true
    }

    private mutating func memoizeMutable(_ index: UInt32, isOwn: Bool, into output: inout ByteWriter) {
        let before = memo[Int(index)]
        let entry = put(into: &output) &+ 1
        if isOwn {
            memo[Int(index)] = entry | (before & Self.isOwnOnce != 0 ? Self.isOwnTwice : Self.isOwnOnce)
        } else {
            memo[Int(index)] = entry
        }
    }
}
