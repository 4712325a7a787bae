/// Writes a value of any tree as MessagePack, as far as it has its kinds, each in the smallest form that it has.
///
/// An integer of 0 and more is written without a sign. A tree may hold one node in many places, or a cycle; depth and
/// length are bounded: 32 values that each hold the one before twice would make 2^32 of them.
struct MessagePackWriter: ~Copyable {
    /// Where the writer stands among the values of one container: eight words, so that it goes on an `IndexBuffer`.
    private struct Level: BitwiseCopyable {
        var cursor = ChildCursor()
        /// The next child and how many are left, where children follow their container directly.
        var nextInline: UInt32 = 0
        var inlineLeft: UInt32 = 0
        var unused: UInt64 = 0
    }

    private let tree: ValueTree
    private let limits = DecodingLimits()
    private var level = Level()

    /// Appends the value; fails with `.notRepresentable` for kinds that MessagePack lacks.
    static func write(_ value: Value, into output: inout ByteWriter) throws(PayloadError) {
        let start = output.count
        var writer = MessagePackWriter(tree: value.tree)
        do throws(PayloadError) {
            try writer.write(value.index, into: &output, stack: &value.tree.stack)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    private init(tree: ValueTree) { self.tree = tree }

    private mutating func write(
        _ root: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        let start = output.count
        // A value that stands in one place only never needs so much.
        let maximumBytes = limits.maximumText(ofPayloadBytes: tree.payload.count)
        stack.removeAll()
        try value(root, into: &output, stack: &stack)
        while stack.count > 0 {
            let index: UInt32
            if level.cursor.left > 0 {
                index = level.cursor.next(in: tree.edges, count: tree.edgeCount)
            } else if level.inlineLeft > 0 {
                index = level.nextInline
                let node = tree.node(at: index)
                level.nextInline = node.has(ValueNode.isInline) ? node.low : index &+ 1
                level.inlineLeft &-= 1
            } else {
                level = UnsafeRawPointer(stack.base + (stack.count &- 8)).loadUnaligned(as: Level.self)
                stack.truncate(to: stack.count &- 8)
                continue
            }
            try value(index, into: &output, stack: &stack)
            guard output.count &- start <= maximumBytes else {
                throw PayloadError(
                    .overLimit, at: 0,
                    "the payload is longer than \(maximumBytes) bytes: values that stand in many places are written in each"
                )
            }
        }
    }

    /// Writes a scalar whole; of a container the header, and its values come next.
    private mutating func value(
        _ index: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        let node = tree.node(at: index)
        switch node.kind {
        case .null: output.append(0xC0)
        case .false: output.append(0xC2)
        case .true: output.append(0xC3)
        case .int: Self.integer(Int64(bitPattern: node.payload), into: &output)
        case .bigInt:
            guard Self.large(tree.content(of: node), into: &output) else {
                throw Self.notRepresentable(node.kind.phrase)
            }
        case .number: try Self.number(tree.content(of: node), into: &output)
        case .float:
            if node.has(ValueNode.isSingle) {
                output.append(0xCA)
                output.appendBigEndian(SingleText.narrowed(node.payload))
            } else {
                output.append(0xCB)
                output.appendBigEndian(node.payload)
            }
        case .string where node.has(ValueNode.hasEscapes):
            let text = JSONString.unescape(tree.content(of: node))
            text.withUnsafeBytes { Self.text($0, into: &output) }
        case .string, .legacyString: Self.text(tree.content(of: node), into: &output)
        case .bytes, .byteArray:
            Self.length(node.count, first: 0xC4, hasOneByte: true, into: &output)
            output.append(tree.content(of: node))
        case .typedBytes:
            Self.extensionHeader(node.count, into: &output)
            output.append(UInt8(truncatingIfNeeded: node.detail))
            output.append(tree.content(of: node))
        case .list, .map: try open(node, index, into: &output, stack: &stack)
        default: throw Self.notRepresentable(node.kind.phrase)
        }
    }

    private mutating func open(
        _ node: ValueNode, _ index: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        if node.kind == .map {
            guard node.count & 1 == 0 else { throw Self.notRepresentable("a map with a key that has no value") }
            Self.elements(node.count / 2, short: 0x80, first: 0xDE, into: &output)
        } else {
            Self.elements(node.count, short: 0x90, first: 0xDC, into: &output)
        }
        guard stack.count / 8 < limits.maximumDepth else {
            throw PayloadError(
                .overLimit, at: 0, "the value nests deeper than the limit of \(limits.maximumDepth) levels")
        }
        withUnsafeBytes(of: level) { words in
            guard let start = words.baseAddress else { return }
            stack.append(from: start.assumingMemoryBound(to: UInt32.self), count: 8)
        }
        level = Level(cursor: ChildCursor(of: node))
        if node.has(ValueNode.isInline) {
            level.nextInline = index &+ 1
            level.inlineLeft = node.count
        }
    }

    // MARK: Numbers

    private static func integer(_ number: Int64, into output: inout ByteWriter) {
        guard number < 0 else { return natural(UInt64(number), into: &output) }
        if number >= -32 {
            output.append(UInt8(truncatingIfNeeded: number))
        } else if let short = Int8(exactly: number) {
            output.append(0xD0)
            output.appendBigEndian(short)
        } else if let short = Int16(exactly: number) {
            output.append(0xD1)
            output.appendBigEndian(short)
        } else if let short = Int32(exactly: number) {
            output.append(0xD2)
            output.appendBigEndian(short)
        } else {
            output.append(0xD3)
            output.appendBigEndian(number)
        }
    }

    private static func natural(_ number: UInt64, into output: inout ByteWriter) {
        if number < 128 {
            output.append(UInt8(truncatingIfNeeded: number))
        } else if let short = UInt8(exactly: number) {
            output.append(0xCC)
            output.append(short)
        } else if let short = UInt16(exactly: number) {
            output.append(0xCD)
            output.appendBigEndian(short)
        } else if let short = UInt32(exactly: number) {
            output.append(0xCE)
            output.appendBigEndian(short)
        } else {
            output.append(0xCF)
            output.appendBigEndian(number)
        }
    }

    /// Writes two's complement, the least significant byte first; false where 64 bits cannot hold it.
    private static func large(_ all: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
        let bytes = IntegerText.trimmed(all)
        if let small = IntegerText.small(bytes) {
            integer(small, into: &output)
        } else {
            guard bytes.count == 9, bytes[8] == 0 else { return false }
            natural(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)), into: &output)
        }
        return true
    }

    /// A number that JSON wrote: a float where it has a point or an exponent.
    private static func number(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) throws(PayloadError) {
        if let integer = IntegerText.read(text) {
            guard integer.withUnsafeBytes({ large($0, into: &output) }) else {
                throw notRepresentable(ValueKind.bigInt.phrase)
            }
        } else if let number = FloatText.read(text) {
            output.append(0xCB)
            output.appendBigEndian(number.bitPattern)
        } else {
            throw notRepresentable("a number beyond the largest float")
        }
    }

    // MARK: Headers

    private static func text(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        if bytes.count < 32 {
            output.append(0xA0 | UInt8(truncatingIfNeeded: bytes.count))
        } else {
            length(UInt32(truncatingIfNeeded: bytes.count), first: 0xD9, hasOneByte: true, into: &output)
        }
        output.append(bytes)
    }

    /// Fixed sizes of 1, 2, 4, 8 and 16 bytes have a byte of their own.
    private static func extensionHeader(_ count: UInt32, into output: inout ByteWriter) {
        switch count {
        case 1, 2, 4, 8, 16: output.append(0xD4 &+ UInt8(truncatingIfNeeded: count.trailingZeroBitCount))
        default: length(count, first: 0xC7, hasOneByte: true, into: &output)
        }
    }

    private static func elements(_ count: UInt32, short: UInt8, first: UInt8, into output: inout ByteWriter) {
        if count < 16 {
            output.append(short | UInt8(truncatingIfNeeded: count))
        } else {
            length(count, first: first, hasOneByte: false, into: &output)
        }
    }

    /// Appends a length in one byte (where the format has that), two or four; `first` is the first of their headers.
    private static func length(_ count: UInt32, first: UInt8, hasOneByte: Bool, into output: inout ByteWriter) {
        let two = hasOneByte ? first &+ 1 : first
        if hasOneByte, let short = UInt8(exactly: count) {
            output.append(first)
            output.append(short)
        } else if let short = UInt16(exactly: count) {
            output.append(two)
            output.appendBigEndian(short)
        } else {
            output.append(two &+ 1)
            output.appendBigEndian(count)
        }
    }

    private static func notRepresentable(_ what: String) -> PayloadError {
        PayloadError(.notRepresentable, at: 0, "MessagePack cannot hold \(what)")
    }
}
