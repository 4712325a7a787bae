extension NotationWriter {
    /// What the keys of a map are.
    enum Keys {
        /// Anything: it is written as pairs.
        case any
        /// Distinct texts that start with no `$` and are written without a tag: it is written as a JSON object.
        case texts
        /// The same, each of at most `ByteScan.shortBytes` bytes with none to escape.
        case plain
    }

    /// What is known of the keys of maps that were written: records mostly have the key nodes of one before.
    struct KnownKeys {
        /// A slot for each way in which a count and a first key fall: the edge of that key, the count of children, and whether
        /// the keys are plain.
        private var slots = InlineArray<8, UInt64>(repeating: 0)
        private static let isPlain: UInt64 = 1 << 63

        @inline(__always)
        private func slot(_ count: UInt32, _ firstKey: UInt32) -> Int { Int((firstKey &+ count) & 7) }

        /// The keys of a map whose children stand at `start` of the edges, where those nodes were looked at.
        @inline(__always)
        func keys(at start: Int, _ count: UInt32, in edges: UnsafeMutablePointer<UInt32>) -> Keys? {
            let known = slots[slot(count, edges[start])]
            guard UInt32(truncatingIfNeeded: known >> 32) & 0x7FFF_FFFF == count else { return nil }
            let others = edges + Int(UInt32(truncatingIfNeeded: known))
            var index = 0
            while index < Int(count) {
                guard edges[start &+ index] == others[index] else { return nil }
                index &+= 2
            }
            return known & Self.isPlain == 0 ? .texts : .plain
        }

        mutating func note(_ keys: Keys, at start: Int, _ count: UInt32, in edges: UnsafeMutablePointer<UInt32>) {
            let plain = keys == .plain ? Self.isPlain : 0
            slots[slot(count, edges[start])] = UInt64(start) | UInt64(count) << 32 | plain
        }
    }

    /// What the keys of a map are; those of the same nodes are looked at once.
    mutating func keys(of map: ValueNode) -> Keys {
        guard map.count & 1 == 0 else { return .any }
        if map.count > 2 * Self.mostCompared { return hasManyPlainKeys(map) ? .texts : .any }
        guard map.count > 0, let start = firstEdge(of: map) else { return fewKeys(map) }
        if let known = knownKeys.keys(at: start, map.count, in: edges) { return known }
        let keys = fewKeys(map)
        if keys != .any { knownKeys.note(keys, at: start, map.count, in: edges) }
        return keys
    }

    /// The edge of the first child, where all children stand in one run.
    @inline(__always)
    private mutating func firstEdge(of node: ValueNode) -> Int? {
        let run = Int(node.low)
        guard !node.has(ValueNode.isInline), run != 0, run &+ 2 &+ Int(node.count) <= edgeCount,
            edges[run &+ 1] == node.count
        else { return nil }
        return run &+ 2
    }

    @inline(never)
    private mutating func fewKeys(_ map: ValueNode) -> Keys {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Int(Self.mostCompared)) { prints in
            var cursor = ChildCursor(of: map)
            var count = 0
            var bits: UInt64 = 0
            var isPlain = true
            while cursor.left > 0 {
                guard let key = textKey(cursor.next(in: edges, count: edgeCount)) else { return .any }
                if isPlain { isPlain = isShortPlain(key) }
                let print = Self.fingerprint(key)
                // A bit for each print: most keys have one that no key before had.
                let bit: UInt64 = 1 &<< ((print &* 0x9E37_79B9_7F4A_7C15) &>> 58)
                var isKnown = false
                if bits & bit != 0 { for index in 0..<count where prints[index] == print { isKnown = true } }
                bits |= bit
                if isKnown, isAmong(key, first: count, of: map) { return .any }
                prints[count] = print
                count &+= 1
                _ = cursor.next(in: edges, count: edgeCount)
            }
            return isPlain ? .plain : .texts
        }
    }

    /// Whether a text of the tree is short and plain; behind it there are at least eight bytes.
    @inline(__always)
    private mutating func isShortPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress, text.count <= ByteScan.shortBytes else { return false }
        return ByteScan.isShortPlain(start, text.count)
    }

    /// Up to so many keys are compared with each other.
    private static var mostCompared: UInt32 { 24 }

    /// The first and the last eight bytes of a key and its length in one number.
    @inline(__always)
    private static func fingerprint(_ key: UnsafeRawBufferPointer) -> UInt64 {
        guard let start = key.baseAddress, key.count > 0 else { return 0 }
        if key.count < 8 { return ContentHash.short(start, key.count) ^ UInt64(key.count) << 60 }
        let first = start.loadUnaligned(as: UInt64.self)
        let last = start.loadUnaligned(fromByteOffset: key.count &- 8, as: UInt64.self)
        return first ^ last &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count) << 56
    }

    /// Whether a key equals one of the first keys of a map.
    private mutating func isAmong(_ key: UnsafeRawBufferPointer, first count: Int, of map: ValueNode) -> Bool {
        var cursor = ChildCursor(of: map)
        for _ in 0..<count {
            if ContentHash.areEqual(content(node(cursor.next(in: edges, count: edgeCount))), key) { return true }
            _ = cursor.next(in: edges, count: edgeCount)
        }
        return false
    }

    /// The content of a key that can stand as a JSON object's.
    @inline(__always)
    private mutating func textKey(_ index: UInt32) -> UnsafeRawBufferPointer? {
        let node = node(index)
        guard node.kind == .string else { return nil }
        let key = content(node)
        if key.count > 0, key[0] == UInt8(ascii: "$") { return nil }
        if node.flags != 0 {
            if isShared(index, node) { return nil }
            if node.has(ValueNode.hasSurrogates), Self.hasJoinableSurrogates(key) { return nil }
        }
        return key
    }

    /// The same for more keys than are compared one by one: an open hash table in kept memory, of a word of the hash and
    /// the index of the node.
    @inline(never)
    private mutating func hasManyPlainKeys(_ map: ValueNode) -> Bool {
        let hash = ContentHash()
        var slots = 64
        while slots < Int(map.count) { slots *= 2 }
        let table = tree.memo.cleared(count: slots * 2)
        defer { tree.memo.removeAll() }
        var cursor = ChildCursor(of: map)
        while cursor.left > 0 {
            let index = cursor.next(in: edges, count: edgeCount)
            _ = cursor.next(in: edges, count: edgeCount)
            guard let key = textKey(index) else { return false }
            let sum = hash.hash(key)
            let tag = UInt32(truncatingIfNeeded: sum >> 32) | 1
            var slot = Int(truncatingIfNeeded: sum) & (slots &- 1)
            while table[slot &* 2] != 0 {
                if table[slot &* 2] == tag, ContentHash.areEqual(content(node(table[slot &* 2 &+ 1])), key) {
                    return false
                }
                slot = (slot &+ 1) & (slots &- 1)
            }
            table[slot &* 2] = tag
            table[slot &* 2 &+ 1] = index
        }
        return true
    }
}
