/// Which equal texts (and bytes) of an ordinary pickle were one object to the program that wrote it.
///
/// The pickle shows it: what is one object is written once and then fetched. The rules are `PickleEmitter`'s (`sharing`).
struct PickleTextIdentity: ~Copyable {
    /// The first way to write the texts of an ordinary pickle that gives its bytes, of those that share any; nil where it is not
    /// one of these for certain.
    static func find(in tree: ValueTree) -> StringIdentity? {
        var texts = PickleTextIdentity(tree)
        texts.lend(tree)
        defer { texts.lend(tree) }
        switch texts.areAllDistinct() {
        case true?: return .shared
        case nil: return nil
        case false?: return texts.areKeysShared() ? .keys : nil
        }
    }

    private let nodes: UnsafeMutablePointer<ValueNode>
    private let nodeCount: Int
    private let edges: UnsafeMutablePointer<UInt32>
    private let edgeCount: Int
    private let bytes: UnsafeMutableRawPointer
    private let hash = ContentHash()
    /// An open table of the texts that were seen, two words a slot: a tag that is not 0, and the node.
    private var table = IndexBuffer(lent: ())
    private var slotCount = 0
    private var slotsTaken = 0
    /// Where the table was before it grew.
    private var smallerTable = IndexBuffer(lent: ())
    /// Where each node was seen: `isValue` or `isKey`.
    private var places = IndexBuffer(lent: ())

    private init(_ tree: ValueTree) {
        nodes = tree.nodes
        nodeCount = tree.nodeCount
        edges = tree.edges
        edgeCount = tree.edgeCount
        bytes = tree.bytes
    }

    /// Takes memory of the tree, or gives it back.
    private mutating func lend(_ tree: ValueTree) {
        table.removeAll()
        smallerTable.removeAll()
        places.removeAll()
        swap(&table, &tree.memo)
        swap(&smallerTable, &tree.stack)
        swap(&places, &tree.visits)
    }

    // MARK: All are one object

    /// Whether no content was written twice; nil where a text is of those whose characters have to be counted.
    private mutating func areAllDistinct() -> Bool? {
        emptyTable()
        for index in 0..<nodeCount {
            let node = nodes[index]
            guard Self.isText(node) else { continue }
            if Self.isLong(node) {
                if !isToldByNode(node) { return nil }
            } else if !insert(UInt32(truncatingIfNeeded: index), node) {
                return false
            }
        }
        return true
    }

    // MARK: Only keys are

    private static let isValue: UInt32 = 1
    private static let isKey: UInt32 = 2

    /// Whether the keys of maps were written once, and no other text was fetched but those of which there is only one.
    private mutating func areKeysShared() -> Bool {
        emptyTable()
        _ = places.cleared(count: nodeCount)
        for index in 0..<nodeCount {
            let node = nodes[index]
            guard SharedNodes.hasChildren(node) else { continue }
            var cursor = ChildCursor(of: node)
            while cursor.left > 0 {
                let place = node.kind == .map && cursor.left & 1 == 0 ? Self.isKey : Self.isValue
                guard stands(cursor.next(in: edges, count: edgeCount), at: place) else { return false }
            }
        }
        return true
    }

    /// Notes where a node stands; false where it cannot stand there as well.
    @inline(__always)
    private mutating func stands(_ index: UInt32, at place: UInt32) -> Bool {
        precondition(Int(index) < nodeCount)
        let node = nodes[Int(index)]
        guard Self.isText(node) else { return true }
        if Self.isLong(node) { return isToldByNode(node) }
        let before = places[Int(index)]
        let isSingle = SharedNodes.isSingleton(node, bytes: bytes)
        if before != 0, !isSingle { return before == Self.isKey && place == Self.isKey }
        places[Int(index)] = place
        return before != 0 || !isSingle && place == Self.isValue || insert(index, node)
    }

    // MARK: Texts

    @inline(__always)
    private static func isText(_ node: ValueNode) -> Bool { node.kind == .string || node.kind == .bytes }

    /// Whether a text has more bytes than one that is told by its content may have characters.
    @inline(__always)
    private static func isLong(_ node: ValueNode) -> Bool { Int(node.count) > SharedNodes.longestInterned }

    /// Whether a long text is told from its equals by its node alone; those of a few characters in many bytes are not.
    private mutating func isToldByNode(_ node: ValueNode) -> Bool {
        node.kind == .bytes || !SharedNodes.isInterned(node, bytes: bytes)
    }

    @inline(__always)
    private mutating func content(_ node: ValueNode) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + Int(truncatingIfNeeded: node.payload), count: Int(node.count))
    }

    // MARK: The table

    private mutating func emptyTable() {
        slotCount = 64
        slotsTaken = 0
        _ = table.cleared(count: slotCount * 2)
    }

    /// Puts a text into the table; false where one with its content is there.
    @inline(__always)
    private mutating func insert(_ index: UInt32, _ node: ValueNode) -> Bool {
        let content = content(node)
        let tag = UInt32(truncatingIfNeeded: (hash.hash(content) &+ UInt64(node.kind.rawValue)) >> 32) | 1
        var slot = Int(tag >> 1) & (slotCount &- 1)
        let base = table.base
        while base[slot &* 2] != 0 {
            if base[slot &* 2] == tag {
                let other = nodes[Int(base[slot &* 2 &+ 1])]
                if other.kind == node.kind, ContentHash.areEqual(self.content(other), content) { return false }
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        base[slot &* 2] = tag
        base[slot &* 2 &+ 1] = index
        slotsTaken &+= 1
        if slotsTaken &* 2 > slotCount { growTable() }
        return true
    }

    /// Makes the table four times as large.
    @inline(never)
    private mutating func growTable() {
        swap(&smallerTable, &table)
        let smaller = slotCount
        slotCount *= 4
        let base = table.cleared(count: slotCount * 2)
        for taken in 0..<smaller where smallerTable[taken * 2] != 0 {
            var slot = Int(smallerTable[taken * 2] >> 1) & (slotCount - 1)
            while base[slot * 2] != 0 { slot = (slot + 1) & (slotCount - 1) }
            base[slot * 2] = smallerTable[taken * 2]
            base[slot * 2 + 1] = smallerTable[taken * 2 + 1]
        }
    }
}
