internal import Codecs

/// A change of one value of a message.
struct ValueEdit {
    /// What a value becomes.
    enum Content: Hashable {
        /// Other bytes of a text, number or bytes.
        case bytes([UInt8])
        case int(Int64)
        case float(Double)
        case falsehood
    }

    /// Where it is changed.
    enum Site {
        /// In a message that is text: the piece that is replaced.
        case source(Range<Int>, with: [UInt8])
        /// In any other: the node, and the edge that leads to it; nil for the root.
        case node(UInt32, edge: Int?, Content)
    }

    var site: Site

    /// The message's text with the changes.
    static func splice(_ edits: [ValueEdit], into payload: UnsafeRawBufferPointer) -> [UInt8] {
        splice(edits, into: payload, of: 0..<payload.count)
    }

    /// A piece of the message's text with the changes in it.
    static func splice(
        _ edits: [ValueEdit], into payload: UnsafeRawBufferPointer, of whole: Range<Int>
    ) -> [UInt8] {
        let pieces = edits.compactMap { edit in
            if case .source(let range, let text) = edit.site { (range: range, text: text) } else { nil }
        }.filter { whole.lowerBound <= $0.range.lowerBound && $0.range.upperBound <= whole.upperBound }.sorted {
            $0.range.lowerBound < $1.range.lowerBound
        }
        var result: [UInt8] = []
        var position = whole.lowerBound
        for piece in pieces where piece.range.lowerBound >= position {
            result += payload[position..<piece.range.lowerBound]
            result += piece.text
            position = piece.range.upperBound
        }
        result += payload[position..<whole.upperBound]
        return result
    }

    /// Changes a tree whose nodes know each other by number.
    ///
    /// The nodes themselves stay: one may stand in several places, as a key in one and as a secret in another.
    static func apply(_ edits: [ValueEdit], to tree: ValueTree) {
        struct Change: Hashable {
            var node: UInt32
            var content: Content
        }
        tree.edit { builder in
            var root = tree.rootIndex
            var made: [Change: UInt32] = [:]
            for edit in edits {
                guard case .node(let index, let edge, let content) = edit.site else { continue }
                let change = Change(node: index, content: content)
                let new = made[change] ?? builder.append(node(content, insteadOf: builder[index], &builder))
                made[change] = new
                if let edge { builder.replaceChild(at: edge, with: new) } else { root = new }
            }
            return root
        }
    }

    private static func node(
        _ content: Content, insteadOf old: ValueNode, _ builder: inout TreeBuilder
    ) -> ValueNode {
        switch content {
        case .falsehood: return ValueNode(kind: .false)
        case .int(let number): return ValueNode(kind: .int, payload: UInt64(bitPattern: number))
        case .float(let number):
            return ValueNode(kind: .float, flags: old.flags & ValueNode.isSingle, payload: number.bitPattern)
        case .bytes(let bytes):
            let offset = bytes.withUnsafeBytes { builder.appendBytes($0) }
            var node = ValueNode(
                kind: old.kind, flags: old.flags & ~ValueNode.hasEscapes, offset: offset, count: bytes.count)
            if old.kind == .typedBytes { node.detail = old.detail }
            return node
        }
    }
}
