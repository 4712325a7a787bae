extension NotationWriter {
    /// Whether a dict can stand as a JSON object: all keys are distinct texts that start with no `$` and are written
    /// without a tag.
    mutating func hasPlainKeys(_ map: ValueNode) -> Bool {
        guard map.count & 1 == 0 else { return false }
        if map.count > 2 * Self.mostCompared { return hasManyPlainKeys(map) }
        // What was said of the same nodes holds for them again.
        if hasKeys(map, of: plainMaps.0) || hasKeys(map, of: plainMaps.1) { return true }
        guard hasFewPlainKeys(map) else { return false }
        plainMaps = (map, plainMaps.0)
        return true
    }

    /// Whether two maps have the very same nodes for their keys.
    private mutating func hasKeys(_ map: ValueNode, of other: ValueNode) -> Bool {
        guard map.count == other.count else { return false }
        var cursor = ChildCursor(of: map)
        var others = ChildCursor(of: other)
        while cursor.left > 1 {
            guard cursor.next(in: edges, count: edgeCount) == others.next(in: edges, count: edgeCount) else {
                return false
            }
            _ = cursor.next(in: edges, count: edgeCount)
            _ = others.next(in: edges, count: edgeCount)
        }
        return true
    }

    private mutating func hasFewPlainKeys(_ map: ValueNode) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Int(Self.mostCompared)) { prints in
            var cursor = ChildCursor(of: map)
            var count = 0
            while cursor.left > 0 {
                guard let key = plainKey(cursor.next(in: edges, count: edgeCount)) else { return false }
                let print = Self.fingerprint(key)
                var isKnown = false
                for index in 0..<count where prints[index] == print { isKnown = true }
                if isKnown, isAmong(key, first: count, of: map) { return false }
                prints[count] = print
                count &+= 1
                _ = cursor.next(in: edges, count: edgeCount)
            }
            return true
        }
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
    private mutating func plainKey(_ index: UInt32) -> UnsafeRawBufferPointer? {
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
            guard let key = plainKey(index) else { return false }
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
