extension PickleMachine {
    /// How many entries may lie far above the others.
    private static let maximumFarEntries = 1 << 16
    /// Bytes beyond which two equal texts are told from one text twice.
    private static let longText: UInt32 = 128

    /// Takes the MEMOIZE of what was just made along with it: a step less to be guessed by the processor. What is not put into
    /// the memo at once is not ordinary.
    @inline(__always)
    mutating func memoizeNext(_ node: UInt32) {
        guard input.load(fromByteOffset: position, as: UInt8.self) == PickleOpcode.memoize,
            memo.count == memoCount, memoCount < easyMemoEntries
        else {
            isOrdinary = false
            return
        }
        position &+= 1
        memo.append(node)
        memoCount &+= 1
    }

    /// MEMOIZE anywhere else.
    @inline(never)
    mutating func memoizeLate(_ at: Int) throws(PayloadError) {
        isOrdinary = false
        guard stack.count > fence else { throw underflow(at) }
        if memoCount == memo.count, !hasFarEntries, memoCount < limits.maximumMemoEntries {
            memo.append(stack.base[stack.count &- 1])
            memoCount &+= 1
        } else {
            try put(memoCount, at)
        }
    }

    @inline(never)
    mutating func put(_ index: Int, _ at: Int) throws(PayloadError) {
        guard stack.count > fence else { throw underflow(at) }
        if index == memo.count, memoCount == index, !hasFarEntries, index < limits.maximumMemoEntries {
            memo.append(stack.base[stack.count &- 1])
            memoCount &+= 1
        } else {
            try store(stack.base[stack.count &- 1], index, at)
        }
    }

    /// Stores anywhere. Memory is only spent on a gap where the payload is long enough to have filled it.
    @inline(never)
    private mutating func store(_ node: UInt32, _ index: Int, _ at: Int) throws(PayloadError) {
        if index < memo.count, memo[index] != Self.noEntry {
            memo[index] = node
            return
        }
        let key = UInt32(truncatingIfNeeded: index)
        let isNew = farMemo[key] == nil
        if isNew, memoCount >= limits.maximumMemoEntries {
            throw overLimit(at, "the pickle's memo has more than \(limits.maximumMemoEntries) entries")
        }
        if index < memo.count || (index < end + 1024 && index - memoCount <= limits.maximumMarks) {
            if index >= memo.count { memo.resize(to: index + 1, filler: Self.noEntry) }
            memo[index] = node
            if !isNew { farMemo[key] = nil }
        } else {
            guard index <= UInt32.max else { throw overLimit(at, "the memo index is above 2^32") }
            guard !isNew || farMemo.count < Self.maximumFarEntries else {
                throw overLimit(at, "more than \(Self.maximumFarEntries) memo entries lie far above the others")
            }
            farMemo[key] = node
            hasFarEntries = true
            easyMemoEntries = 0
        }
        if isNew { memoCount += 1 }
    }

    @inline(__always)
    mutating func fetch(_ index: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        var node = index < memo.count ? memo.base[index] : Self.noEntry
        if node == Self.noEntry { node = try farEntry(index, at) }
        markFetched(node, &builder)
        try push(node, at)
    }

    @inline(never)
    private mutating func farEntry(_ index: Int, _ at: Int) throws(PayloadError) -> UInt32 {
        if index <= UInt32.max, let node = farMemo[UInt32(truncatingIfNeeded: index)] { return node }
        throw malformed(
            at, "the memo has no entry \(index); an entry that an earlier message stored is not kept from it"
        )
    }

    /// Notes that a node may stand in more than one place from now on, if it can be told from an equal one.
    @inline(__always)
    mutating func markFetched(_ index: UInt32, _ builder: inout TreeBuilder) {
        // What is fetched most by far: the keys of records.
        let node = builder.nodes[Int(index)]
        if node.kind != .string || node.count > Self.longText { markFetchedOther(index, &builder) }
    }

    @inline(never)
    private mutating func markFetchedOther(_ index: UInt32, _ builder: inout TreeBuilder) {
        let node = builder.nodes + Int(index)
        switch node.pointee.kind {
        case .string, .bytes, .legacyString:
            guard node.pointee.count > Self.longText else { return }
        case .byteArray: break
        case .list, .tuple, .set, .frozenSet, .map, .persistent, .call, .newObject, .newObjectWithKeywords, .instance,
            .classInstance:
            hasFetchedContainers = true
        case .global:
            guard isMoreThanName(index, builder) else { return }
            hasFetchedContainers = true
        default: return
        }
        node.pointee.flags |= ValueNode.isFetched
        builder.hasFetchedNodes = true
    }

    /// Whether something was done to a global, or its names are computed.
    @inline(never)
    private mutating func isMoreThanName(_ index: UInt32, _ builder: borrowing TreeBuilder) -> Bool {
        let node = builder.nodes[Int(index)]
        let names = builder.edges + Int(node.low) + 2
        return node.count != 2 || builder.nodes[Int(names[0])].kind != .string
            || builder.nodes[Int(names[1])].kind != .string
    }
}
