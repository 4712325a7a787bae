/// Reads one MessagePack value into flat nodes: one loop, with the open containers on a stack of its own.
///
/// A length or count is checked against the bytes that are there before anything is made of it: each value takes one byte
/// at least. Texts and bytes stay where they are in the payload.
struct MessagePackReader: ~Copyable {
    private static let outermost = UInt32.max

    private let count: Int
    private let limits: DecodingLimits
    private var position = 0
    /// The container that is being read, how many values it still lacks, and where its own start among `values`.
    private var container = outermost
    private var left: UInt32 = 0
    private var base: UInt32 = 0
    private var depth = 0
    /// Values that are read and not yet given to their container.
    private var values = IndexBuffer(lent: ())
    /// Of each container around the present one: its node, `left` and `base`.
    private var outer = IndexBuffer(lent: ())

    /// Reads a payload that is exactly one value. Offsets of errors are those of the value's first byte.
    static func read(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        guard payload.byteCount <= limits.maximumFrameBytes else {
            throw PayloadError(
                .overLimit, at: limits.maximumFrameBytes,
                "the payload has \(payload.byteCount) bytes; the limit is \(limits.maximumFrameBytes)"
            )
        }
        var reader = MessagePackReader(count: payload.byteCount, limits: limits)
        swap(&reader.values, &tree.stack)
        swap(&reader.outer, &tree.marks)
        defer {
            reader.values.removeAll()
            reader.outer.removeAll()
            swap(&reader.values, &tree.stack)
            swap(&reader.outer, &tree.marks)
        }
        reader.values.removeAll()
        reader.outer.removeAll()
        try tree.build(from: payload) { builder throws(PayloadError) in try reader.read(&builder) }
    }

    private init(count: Int, limits: DecodingLimits) {
        self.count = count
        self.limits = limits
    }

    private mutating func read(_ builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        while true {
            let made = try value(&builder)
            if made != Self.outermost { values.append(made) }
            while left == 0 {
                guard container != Self.outermost else {
                    guard position == count else {
                        throw PayloadError(.malformed, at: position, "bytes follow the value, which ends here")
                    }
                    return values[0]
                }
                close(&builder)
            }
        }
    }

    /// Reads the next value and gives its node, or the start of a container with values in it, which is on `values` then.
    private mutating func value(_ builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        guard position < count else { throw truncated("before a value that is still to come") }
        guard builder.nodeCount < limits.maximumElements else { throw tooMany() }
        let start = UnsafeRawPointer(builder.bytes) + position
        let first = start.load(as: UInt8.self)
        if container != Self.outermost { left &-= 1 }
        if first < 0x80 || first >= 0xE0 {
            position &+= 1
            let number = Int64(Int8(bitPattern: first))
            return builder.append(ValueNode(kind: .int, payload: UInt64(bitPattern: number)))
        }
        let entry = MessagePackHeader.table[Int(first)]
        let width = MessagePackHeader.width(of: entry)
        let room = count &- position &- 1 &- width
        guard room >= 0 else { throw truncated("in the length of a value") }
        let number = MessagePackHeader.number(of: entry, behind: start)
        let shape = MessagePackHeader.shape(of: entry)
        if shape == MessagePackHeader.Shape.body {
            guard number <= UInt64(room) else { throw truncated("in a value of \(number) bytes") }
            let body = position &+ 1 &+ width
            position = body &+ Int(number)
            return scalar(first, body, Int(number), &builder)
        }
        guard shape != MessagePackHeader.Shape.never else {
            throw PayloadError(.malformed, at: position, "no value begins with the byte C1")
        }
        return try container(isMap: shape == MessagePackHeader.Shape.map, number, room, width, &builder)
    }

    // MARK: Containers

    private mutating func container(
        isMap: Bool, _ number: UInt64, _ room: Int, _ width: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        let children = isMap ? number &* 2 : number
        guard children <= UInt64(room) else {
            throw truncated("in \(isMap ? "a map" : "an array") that claims \(number) \(isMap ? "entries" : "values")")
        }
        guard children <= UInt64(limits.maximumElements) else { throw tooMany() }
        guard depth < limits.maximumDepth else {
            throw PayloadError(
                .overLimit, at: position, "the value nests deeper than the limit of \(limits.maximumDepth) levels")
        }
        position &+= 1 &+ width
        let made = builder.append(ValueNode(kind: isMap ? .map : .list))
        guard children > 0 else { return made }
        values.append(made)
        if container != Self.outermost {
            outer.append(container)
            outer.append(left)
            outer.append(base)
        }
        depth &+= 1
        container = made
        left = UInt32(truncatingIfNeeded: children)
        base = UInt32(truncatingIfNeeded: values.count)
        return Self.outermost
    }

    /// Gives the container its values and goes back to the one around it.
    private mutating func close(_ builder: inout TreeBuilder) {
        let start = Int(base)
        builder.appendChildren(values.base + start, count: values.count &- start, to: container)
        values.truncate(to: start)
        depth &-= 1
        if depth == 0 {
            container = Self.outermost
            left = 0
        } else {
            base = outer.removeLast()
            left = outer.removeLast()
            container = outer.removeLast()
        }
    }

    // MARK: Scalars

    /// The node of a value that has no values in it; its body is there.
    private func scalar(_ first: UInt8, _ body: Int, _ length: Int, _ builder: inout TreeBuilder) -> UInt32 {
        let start = UnsafeRawPointer(builder.bytes) + body
        switch first {
        case 0xA0...0xBF, 0xD9...0xDB: return builder.append(text(start, body, length))
        case 0xC0: return builder.append(ValueNode(kind: .null))
        case 0xC2: return builder.append(ValueNode(kind: .false))
        case 0xC3: return builder.append(ValueNode(kind: .true))
        case 0xC4...0xC6: return builder.append(ValueNode(kind: .bytes, offset: body, count: length))
        case 0xC7...0xC9, 0xD4...0xD8:
            var node = ValueNode(kind: .typedBytes, offset: body &+ 1, count: length &- 1)
            node.detail = UInt16(start.load(as: UInt8.self))
            return builder.append(node)
        case 0xCA:
            let bits = UInt32(bigEndian: start.loadUnaligned(as: UInt32.self))
            return builder.append(
                ValueNode(kind: .float, flags: ValueNode.isSingle, payload: SingleText.widened(bits)))
        case 0xCB: return builder.append(ValueNode(kind: .float, payload: Self.bits(start)))
        default: return integer(first, start, &builder)
        }
    }

    private func integer(_ first: UInt8, _ start: UnsafeRawPointer, _ builder: inout TreeBuilder) -> UInt32 {
        // The bytes stand at the high end of the word; shifting moves them down with or without their sign.
        let word = Self.bits(start)
        let shift = UInt64(64 &- 8 << (first & 3))
        let isSigned = first >= 0xD0
        let bits = isSigned ? UInt64(bitPattern: Int64(bitPattern: word) &>> Int64(shift)) : word &>> shift
        guard !isSigned, bits >> 63 != 0 else { return builder.append(ValueNode(kind: .int, payload: bits)) }
        let digits = (bits.littleEndian, UInt8(0))
        let offset = withUnsafeBytes(of: digits) { builder.appendBytes(UnsafeRawBufferPointer(rebasing: $0[..<9])) }
        return builder.append(ValueNode(kind: .bigInt, offset: offset, count: 9))
    }

    /// Eight bytes, the most significant first. Behind the payload stand eight more, so that a shorter number may be read
    /// this way too.
    @inline(__always)
    private static func bits(_ start: UnsafeRawPointer) -> UInt64 {
        UInt64(bigEndian: start.loadUnaligned(as: UInt64.self))
    }

    /// The node of a str: text where it is UTF-8 (with surrogates, if need be), else bytes that were sent as text.
    @inline(__always)
    private func text(_ start: UnsafeRawPointer, _ offset: Int, _ count: Int) -> ValueNode {
        if WTF8.isASCII(start, count) { return ValueNode(kind: .string, offset: offset, count: count) }
        switch WTF8.check(start, count) {
        case .valid: return ValueNode(kind: .string, offset: offset, count: count)
        case .hasSurrogates:
            return ValueNode(kind: .string, flags: ValueNode.hasSurrogates, offset: offset, count: count)
        case .invalid: return ValueNode(kind: .legacyString, offset: offset, count: count)
        }
    }

    // MARK: Errors

    private func truncated(_ place: String) -> PayloadError {
        PayloadError(.truncated, at: position, "the payload ends \(place)")
    }

    private func tooMany() -> PayloadError {
        PayloadError(
            .overLimit, at: position, "the message has more values than the limit of \(limits.maximumElements)")
    }
}
