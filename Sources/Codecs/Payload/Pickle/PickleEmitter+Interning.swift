extension PickleEmitter {
    /// What the memo has to say about a text or bytes.
    enum Sharing {
        /// It is there, under this number.
        case fetched(UInt32)
        /// Its equals are the same object; the hash of its content.
        case byContent(UInt64)
        /// Only the same node is the same object.
        case byNode
        /// It is never the same object as another.
        case own
    }

    /// Whether a text or bytes is in the memo, and how it is told apart.
    ///
    /// Which equal texts were one object a tree does not say. Literals, keys and names are, and empty ones and single
    /// characters always; so equal texts of up to 128 characters are, unless `strings` says otherwise. Longer ones are nodes of
    /// their own.
    @inline(__always)
    mutating func sharing(of index: UInt32, _ node: ValueNode, _ table: inout IndexBuffer) -> Sharing {
        let isShort =
            node.kind == .string
            ? SharedNodes.isInterned(node, bytes: bytes) : Int(node.count) <= SharedNodes.longestInterned
        guard isShort, node.kind != .byteArray else {
            let entry = memo[Int(index)]
            return entry != 0 ? .fetched(entry &- 1) : .byNode
        }
        if frame.has(Frame.ownsTexts), frame.done == 1,
            !SharedNodes.isSingleton(node, bytes: bytes) || node.kind == .bytes && node.count > 0
        {
            return .own
        }
        if strings != .shared, !SharedNodes.isSingleton(node, bytes: bytes), strings == .distinct || !isAtKey {
            return .own
        }
        // The same node is found at once; an equal one by its content.
        let entry = memo[Int(index)]
        let found = entry != 0 ? .fetched(entry &- 1) : find(content(node), kind: node.kind, &table)
        if case .fetched(let number) = found {
            memo[Int(index)] = number &+ 1
            hasSharedTexts = true
        }
        return found
    }

    /// Whether what is being written is a key of a map.
    private var isAtKey: Bool {
        frame.done & 1 == 1 && (frame.mode == Mode.map.rawValue || frame.mode == Mode.setItems.rawValue)
    }

    /// Notes the number under which a text or bytes was put into the memo.
    @inline(__always)
    mutating func keep(_ number: UInt32, _ index: UInt32, _ sharing: Sharing, _ table: inout IndexBuffer) {
        switch sharing {
        case .byContent(let hash):
            insert(number, index, hash, &table)
            memo[Int(index)] = number &+ 1
        case .byNode: memo[Int(index)] = number &+ 1
        case .own, .fetched: break
        }
    }

    // MARK: The table: four words per slot (hash, node, memo number, 1), open addressing

    @inline(__always)
    private mutating func find(_ content: UnsafeRawBufferPointer, kind: ValueKind, _ table: inout IndexBuffer)
        -> Sharing
    {
        let sum = hash.hash(content) &+ UInt64(kind.rawValue)
        let tag = UInt32(truncatingIfNeeded: sum >> 32)
        var slot = Int(truncatingIfNeeded: sum) & (slotCount &- 1)
        let base = table.base
        while base[slot &* 4 &+ 3] != 0 {
            if base[slot &* 4] == tag {
                let other = node(base[slot &* 4 &+ 1])
                if other.kind == kind, ContentHash.areEqual(self.content(other), content) {
                    return .fetched(base[slot &* 4 &+ 2])
                }
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        return .byContent(sum)
    }

    private mutating func insert(_ number: UInt32, _ index: UInt32, _ sum: UInt64, _ table: inout IndexBuffer) {
        slotsTaken &+= 1
        if slotsTaken &* 2 > slotCount { growTable(&table) }
        place(number, index, sum, UInt32(truncatingIfNeeded: sum >> 32), table.base)
    }

    @inline(__always)
    private mutating func place(
        _ number: UInt32, _ index: UInt32, _ sum: UInt64, _ tag: UInt32, _ base: UnsafeMutablePointer<UInt32>
    ) {
        var slot = Int(truncatingIfNeeded: sum) & (slotCount &- 1)
        while base[slot &* 4 &+ 3] != 0 { slot = (slot &+ 1) & (slotCount &- 1) }
        base[slot &* 4] = tag
        base[slot &* 4 &+ 1] = index
        base[slot &* 4 &+ 2] = number
        base[slot &* 4 &+ 3] = 1
    }

    /// Makes the table four times as large and puts all in again.
    @inline(never)
    private mutating func growTable(_ table: inout IndexBuffer) {
        let old = slotCount
        let kept = UnsafeMutablePointer<UInt32>.allocate(capacity: old * 4)
        defer { kept.deallocate() }
        kept.update(from: table.base, count: old * 4)
        slotCount = old * 4
        let base = table.cleared(count: slotCount * 4)
        for slot in 0..<old where kept[slot * 4 + 3] != 0 {
            let index = kept[slot * 4 + 1]
            place(kept[slot * 4 + 2], index, sum(of: index), kept[slot * 4], base)
        }
    }

    /// The hash of a node that is in the table.
    private mutating func sum(of index: UInt32) -> UInt64 {
        let node = node(index)
        guard node.kind == .global else { return hash.hash(content(node)) &+ UInt64(node.kind.rawValue) }
        var cursor = ChildCursor(of: node)
        let module = cursor.next(in: edges, count: edgeCount)
        return sum(module, cursor.next(in: edges, count: edgeCount))
    }

    private mutating func sum(_ module: UInt32, _ name: UInt32) -> UInt64 {
        hash.hash(hash.hash(content(node(module))), hash.hash(content(node(name))))
    }

    // MARK: Names

    /// Looks a class or function up by its names.
    mutating func findGlobal(
        _ module: UInt32, _ name: UInt32, _ table: inout IndexBuffer
    ) -> (number: UInt32?, hash: UInt64) {
        let sum = sum(module, name)
        let tag = UInt32(truncatingIfNeeded: sum >> 32)
        var slot = Int(truncatingIfNeeded: sum) & (slotCount &- 1)
        let base = table.base
        while base[slot &* 4 &+ 3] != 0 {
            let other = node(base[slot &* 4 &+ 1])
            if base[slot &* 4] == tag, other.kind == .global {
                var cursor = ChildCursor(of: other)
                let otherModule = cursor.next(in: edges, count: edgeCount)
                let otherName = cursor.next(in: edges, count: edgeCount)
                if ContentHash.areEqual(content(node(otherModule)), content(node(module))),
                    ContentHash.areEqual(content(node(otherName)), content(node(name)))
                {
                    return (base[slot &* 4 &+ 2], sum)
                }
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        return (nil, sum)
    }

    mutating func keepGlobal(_ number: UInt32, _ index: UInt32, _ sum: UInt64, _ table: inout IndexBuffer) {
        insert(number, index, sum, &table)
    }

    /// Writes one of a global's names as a text; names are interned also where other texts are objects of their own.
    mutating func saveName(
        _ index: UInt32, isOwn: Bool, into output: inout ByteWriter, _ table: inout IndexBuffer
    ) {
        frames.beforeValue(&output)
        let node = node(index)
        var sharing = Sharing.own
        if !isOwn {
            sharing =
                SharedNodes.isInterned(node, bytes: bytes)
                ? find(content(node), kind: .string, &table) : self.sharing(of: index, node, &table)
        }
        if case .fetched(let number) = sharing { return get(number, into: &output) }
        writeText(content(node), into: &output)
        keep(put(into: &output), index, sharing, &table)
    }

    /// Whether a class or function is made in C, so that its name is a text of its own and not an interned one.
    mutating func isUnsharedName(_ module: UInt32, _ name: UInt32) -> Bool {
        let text = content(node(name))
        guard text.count > 1 else { return false }
        switch String(decoding: content(node(module)), as: UTF8.self) {
        case "builtins", "datetime", "decimal", "_codecs": return true
        case "collections":
            return ["OrderedDict", "deque", "defaultdict"].contains(String(decoding: text, as: UTF8.self))
        default: return false
        }
    }

    /// Whether the first argument of a call, where it is text or bytes, was made for the call alone: what objects of
    /// Python's C code are reduced to. (Of `_codecs.encode` and the like, the second is an interned name.)
    mutating func makesArguments(_ call: UInt32) -> Bool {
        let callable = node(firstChild(of: node(call)))
        guard callable.kind == .global, callable.count >= 2 else { return false }
        var cursor = ChildCursor(of: callable)
        let module = node(cursor.next(in: edges, count: edgeCount))
        let name = node(cursor.next(in: edges, count: edgeCount))
        guard module.kind == .string, name.kind == .string else { return false }
        switch String(decoding: content(module), as: UTF8.self) {
        case "datetime", "decimal", "_codecs": return true
        case "builtins", "__builtin__": return content(name).elementsEqual("bytearray".utf8)
        default: return false
        }
    }
}
