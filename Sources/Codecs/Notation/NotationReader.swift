/// Reads the value notation, as JSON's nodes, into the nodes of a message: one loop over an explicit stack.
struct NotationReader: ~Copyable {
    /// What a frame's JSON values are.
    enum Mode: UInt32 {
        case top
        /// Values, one after the other.
        case values
        /// Keys of a JSON object and their values.
        case entries
        /// Arrays of a key and a value.
        case pairs
        /// The members of an object with a tag.
        case members
        /// Objects of one operation each.
        case operations
    }

    /// A range of JSON nodes that is being read, and the node that takes what they read into: eight words.
    struct Frame: BitwiseCopyable {
        var mode: UInt32
        var next: UInt32
        var end: UInt32
        /// The node whose children these are; `noTarget` where they belong to the frame around this one.
        var target: UInt32
        /// Where they start among `values`.
        var base: UInt32
        /// Of `members`: how far the object is.
        var stage: UInt32 = 0
        var unused: UInt64 = 0
    }

    static let noTarget = UInt32.max

    private let nodes: UnsafeMutablePointer<ValueNode>
    private let nodeCount: Int
    private let bytes: UnsafeMutableRawPointer
    private let byteCount: Int
    private let payloadCount: Int
    private let limits: DecodingLimits
    var frame = Frame(mode: Mode.top.rawValue, next: 0, end: 0, target: noTarget, base: 0)
    /// Definitions whose numbers do not count up from 1.
    private var otherDefinitions: [UInt64: UInt32] = [:]
    var bufferCount: Int64 = 0

    init(_ source: ValueTree, payloadCount: Int, limits: DecodingLimits) {
        nodes = source.nodes
        nodeCount = source.nodeCount
        bytes = source.bytes
        byteCount = source.byteCount
        self.payloadCount = payloadCount
        self.limits = limits
    }

    /// Reads a JSON value and gives its node.
    mutating func read(
        _ root: UInt32, into builder: inout TreeBuilder, values: inout IndexBuffer, frames: inout IndexBuffer,
        definitions: inout IndexBuffer
    ) throws(PayloadError) -> UInt32 {
        values.removeAll()
        frames.removeAll()
        definitions.removeAll()
        try value(root, into: &builder, &values, &frames, &definitions)
        while frame.mode != Mode.top.rawValue {
            guard frame.next < frame.end else {
                close(into: &builder, &values, &frames)
                continue
            }
            guard builder.nodeCount <= limits.maximumElements * 4 else {
                throw PayloadError(.overLimit, at: 0, "the value has more nodes than its limit")
            }
            let index = frame.next
            switch Mode(rawValue: frame.mode) {
            case .entries:
                values.append(try text(index, as: .string, into: &builder))
                frame.next = after(index + 1)
                try value(index + 1, into: &builder, &values, &frames, &definitions)
            case .pairs:
                frame.next = after(index)
                try pair(index, &values, &frames)
            case .members: try member(into: &builder, &values, &frames, &definitions)
            case .operations:
                frame.next = after(index)
                guard node(index).kind == .map, node(index).count == 2 else {
                    throw wrong(index, "one of \"ops\" is an object with one key")
                }
                try operation(index + 1, after: 0, into: &builder, &values, &frames)
            default:
                frame.next = after(index)
                try value(index, into: &builder, &values, &frames, &definitions)
            }
        }
        return values[0]
    }

    // MARK: Frames

    mutating func open(
        _ mode: Mode, _ range: Range<UInt32>, target: UInt32, values: borrowing IndexBuffer,
        frames: inout IndexBuffer
    ) {
        withUnsafeBytes(of: frame) { words in
            guard let start = words.baseAddress else { return }
            frames.append(from: start.assumingMemoryBound(to: UInt32.self), count: 8)
        }
        frame = Frame(
            mode: mode.rawValue, next: range.lowerBound, end: range.upperBound, target: target,
            base: UInt32(truncatingIfNeeded: values.count)
        )
    }

    private mutating func close(
        into builder: inout TreeBuilder, _ values: inout IndexBuffer, _ frames: inout IndexBuffer
    ) {
        if frame.target != Self.noTarget {
            let base = Int(frame.base)
            builder.appendChildren(values.base + base, count: values.count - base, to: frame.target)
            values.truncate(to: base)
        }
        frame = UnsafeRawPointer(frames.base + (frames.count - 8)).loadUnaligned(as: Frame.self)
        frames.truncate(to: frames.count - 8)
    }

    /// Begins the two values of `[key, value]`.
    private mutating func pair(
        _ index: UInt32, _ values: inout IndexBuffer, _ frames: inout IndexBuffer
    ) throws(PayloadError) {
        let range = try elements(index, "a pair is an array of a key and a value")
        guard node(index).count == 2 else { throw wrong(index, "a pair is an array of a key and a value") }
        open(.values, range, target: Self.noTarget, values: values, frames: &frames)
    }

    // MARK: JSON

    borrowing func node(_ index: UInt32) -> ValueNode {
        precondition(Int(index) < nodeCount)
        return nodes[Int(index)]
    }

    /// The node after a value.
    borrowing func after(_ index: UInt32) -> UInt32 {
        let node = node(index)
        return node.has(ValueNode.isInline) ? node.low : index + 1
    }

    /// The nodes of an array's elements.
    borrowing func elements(_ index: UInt32, _ otherwise: String) throws(PayloadError) -> Range<UInt32> {
        let node = node(index)
        guard node.kind == .list, node.has(ValueNode.isInline), node.low > index + 1 else {
            throw wrong(index, otherwise)
        }
        return index + 1..<node.low - 1
    }

    borrowing func content(_ node: ValueNode) -> UnsafeRawBufferPointer {
        let offset = Int(truncatingIfNeeded: node.payload)
        precondition(offset >= 0 && offset + Int(node.count) <= byteCount)
        return UnsafeRawBufferPointer(start: bytes + offset, count: Int(node.count))
    }

    /// The text of a JSON string, without its escapes.
    borrowing func unescaped(_ index: UInt32, _ otherwise: String) throws(PayloadError) -> [UInt8] {
        let node = node(index)
        guard node.kind == .string else { throw wrong(index, otherwise) }
        return node.has(ValueNode.hasEscapes) ? JSONString.unescape(content(node)) : Array(content(node))
    }

    /// A short JSON string.
    borrowing func string(_ index: UInt32, _ otherwise: String) throws(PayloadError) -> String {
        String(decoding: try unescaped(index, otherwise), as: UTF8.self)
    }

    /// A JSON number without a point or an exponent, or nil.
    borrowing func integer(_ index: UInt32) -> Int64? {
        let node = node(index)
        switch node.kind {
        case .int: return Int64(bitPattern: node.payload)
        case .number where node.count <= 20: return Int64(String(decoding: content(node), as: UTF8.self))
        default: return nil
        }
    }

    /// Adds a node with a JSON string's text, which stands in the payload already where it has no escapes.
    borrowing func text(
        _ index: UInt32, as kind: ValueKind, into builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        let node = node(index)
        guard node.kind == .string else { throw wrong(index, "a string belongs here") }
        if !node.has(ValueNode.hasEscapes), Int(node.payload) + Int(node.count) <= payloadCount {
            return builder.append(ValueNode(kind: kind, count: node.count, payload: node.payload))
        }
        return add(try unescaped(index, "a string belongs here"), as: kind, into: &builder)
    }

    /// Adds a node with bytes that do not stand in the payload.
    borrowing func add(_ bytes: [UInt8], as kind: ValueKind, into builder: inout TreeBuilder) -> UInt32 {
        let offset = bytes.withUnsafeBytes { builder.appendBytes($0) }
        var flags: UInt8 = 0
        if kind == .string {
            for index in bytes.indices.dropLast(2) where bytes[index] == 0xED && bytes[index + 1] >= 0xA0 {
                flags = ValueNode.hasSurrogates
            }
        }
        return builder.append(ValueNode(kind: kind, flags: flags, offset: offset, count: bytes.count))
    }

    /// The error for a JSON value that is not what its place takes.
    borrowing func wrong(_ index: UInt32, _ reason: String) -> PayloadError {
        let node = node(index)
        let offset: UInt64 =
            switch node.kind {
            case .list, .map: UInt64(node.high)
            case .string: node.payload &- 1
            case .number, .null, .true, .false: node.payload
            default: 0
            }
        return PayloadError(.notRepresentable, at: Int(truncatingIfNeeded: offset), reason)
    }

    // MARK: Definitions

    /// Notes that a number stands for a node.
    mutating func define(
        _ number: UInt64, _ index: UInt32, _ definitions: inout IndexBuffer, at place: UInt32
    ) throws(PayloadError) {
        guard number > UInt64(definitions.count), otherDefinitions[number] == nil else {
            throw wrong(place, "\"$def\" \(number) stands there twice")
        }
        if number == UInt64(definitions.count) + 1 {
            definitions.append(index)
        } else {
            otherDefinitions[number] = index
        }
    }

    /// The node that a number stands for.
    borrowing func definition(_ number: UInt64, _ definitions: borrowing IndexBuffer) -> UInt32? {
        if number >= 1, number <= UInt64(definitions.count) { return definitions[Int(number) - 1] }
        return otherDefinitions[number]
    }
}
