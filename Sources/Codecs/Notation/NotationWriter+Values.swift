extension NotationWriter {
    /// Writes a value, or its start: true where it opened a frame whose children come next.
    @inline(__always)
    mutating func value(
        _ index: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        let node = node(index)
        if try plain(node, into: &output) { return false }
        return try sharedOrNot(index, node, into: &output, stack: &stack)
    }

    /// Writes a value that is one piece of JSON wherever it stands; false where it is another.
    @inline(__always)
    mutating func plain(_ node: ValueNode, into output: inout ByteWriter) throws(PayloadError) -> Bool {
        switch node.kind {
        case .string where node.flags == 0 || node.flags == ValueNode.isFetched && node.count <= 128:
            if node.count > 4096 { try check(output, more: Int(node.count)) }
            plainText(content(node), into: &output)
        case .int: try integer(Int64(bitPattern: node.payload), into: &output)
        case .null: output.append("null")
        case .true: output.append("true")
        case .false: output.append("false")
        case .float where Double(bitPattern: node.payload).isFinite && !node.has(ValueNode.isSingle):
            FloatText.append(Double(bitPattern: node.payload), into: &output)
        default: return false
        }
        return true
    }

    mutating func sharedOrNot(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        try check(output)
        var braces: UInt32 = 0
        if node.has(ValueNode.isFetched) {
            switch sharing(index, node, into: &output) {
            case .single: break
            case .defined: braces = 1
            case .referred:
                try check(levels: 1)
                return false
            }
        }
        if SharedNodes.isContainer(node.kind) {
            try container(index, node, braces: braces, into: &output, stack: &stack)
            return true
        }
        try check(levels: Int(braces) + (node.kind == .string ? 0 : node.kind == .typedBytes ? 3 : 2))
        // No content takes less text than it has bytes, so that a long one over the limit is not written first.
        if Self.hasContent(node.kind) { try check(output, more: Int(node.count)) }
        try scalar(node, into: &output)
        if braces == 1 { output.append(UInt8(ascii: "}")) }
        return false
    }

    private static func hasContent(_ kind: ValueKind) -> Bool {
        switch kind {
        case .string, .bytes, .byteArray, .legacyString, .typedBytes: true
        default: false
        }
    }

    private mutating func container(
        _ index: UInt32, _ node: ValueNode, braces: UInt32, into output: inout ByteWriter, stack: inout IndexBuffer
    ) throws(PayloadError) {
        let bracket = UInt32(UInt8(ascii: "]"))
        var mode = Mode.elements
        var closers = bracket | (braces &+ 1) << 8
        switch node.kind {
        case .list:
            output.append(UInt8(ascii: "["))
            closers = bracket | braces << 8
        case .tuple: output.append("{\"$tuple\":[")
        case .set: output.append("{\"$set\":[")
        case .frozenSet: output.append("{\"$frozenset\":[")
        case .map:
            let keys = keys(of: node)
            if keys == .any {
                output.append("{\"$dict\":[")
                mode = .pairs
            } else {
                output.append(UInt8(ascii: "{"))
                mode = keys == .plain ? .plainEntries : .entries
                closers = UInt32(UInt8(ascii: "}")) | braces << 8
            }
        default: return try beginObject(index, node, braces: braces, into: &output, stack: &stack)
        }
        try open(mode, index, cursor: ChildCursor(of: node), closers: closers, stack: &stack)
    }

    // MARK: Numbers

    @inline(__always)
    private mutating func integer(_ number: Int64, into output: inout ByteWriter) throws(PayloadError) {
        if number.magnitude < 1 << 53 {
            output.append(decimal: number)
        } else {
            try check(levels: 1)
            output.append("{\"$int\":\"")
            output.append(decimal: number)
            output.append("\"}")
        }
    }

    private mutating func largeInteger(_ all: UnsafeRawBufferPointer, into output: inout ByteWriter)
        throws(PayloadError)
    {
        let bytes = IntegerText.trimmed(all)
        if let small = IntegerText.small(bytes) { return try integer(small, into: &output) }
        output.append("{\"$int\":\"")
        if IntegerText.magnitudeBits(bytes) > IntegerText.maximumDecimalBits {
            IntegerText.appendHexadecimal(bytes, into: &output)
        } else {
            IntegerText.appendDecimal(bytes, into: &output)
        }
        output.append("\"}")
    }

    /// What is no finite number: infinities and NaNs, by their bits where those are not Python's.
    private mutating func special(_ bits: UInt64, into output: inout ByteWriter) {
        output.append("{\"$float\":\"")
        switch bits {
        case Double.infinity.bitPattern: output.append("inf")
        case (-Double.infinity).bitPattern: output.append("-inf")
        case 0x7FF8_0000_0000_0000: output.append("nan")
        default:
            output.append("0x")
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                output.append(IntegerText.hexDigit(UInt32(truncatingIfNeeded: bits >> shift & 15)))
            }
        }
        output.append("\"}")
    }

    // MARK: Texts and bytes

    private mutating func scalar(_ node: ValueNode, into output: inout ByteWriter) throws(PayloadError) {
        switch node.kind {
        case .string: text(node, into: &output)
        case .bigInt: try largeInteger(content(node), into: &output)
        case .float where node.has(ValueNode.isSingle): SingleText.append(node.payload, into: &output)
        case .float: special(node.payload, into: &output)
        case .bytes:
            if Self.isPlain(content(node)) {
                output.append("{\"$bytes\":")
                JSONString.write(content(node), into: &output)
                output.append(UInt8(ascii: "}"))
            } else {
                base64(content(node), into: &output)
            }
        case .byteArray: tagged("{\"$bytearray\":", content(node), into: &output)
        case .legacyString: tagged("{\"$str2\":", content(node), into: &output)
        case .typedBytes:
            output.append("{\"$ext\":[")
            output.append(decimal: Int64(Int8(truncatingIfNeeded: node.detail)))
            tagged(",", content(node), closing: "]}", into: &output)
        case .extensionCode:
            output.append("{\"$ext\":")
            output.append(decimal: Int64(bitPattern: node.payload))
            output.append(UInt8(ascii: "}"))
        case .buffer:
            output.append("{\"$buffer\":")
            output.append(decimal: Int64(bitPattern: node.payload))
            output.append(node.has(ValueNode.isReadOnly) ? ",\"readonly\":true}" : "}")
        default: throw PayloadError(.notRepresentable, at: 0, "the value notation has no form for this value")
        }
    }

    /// A text; as base64 where a JSON reader would join two of its surrogates.
    mutating func text(_ node: ValueNode, into output: inout ByteWriter) {
        if node.has(ValueNode.hasSurrogates), Self.hasJoinableSurrogates(content(node)) {
            wtf8(content(node), into: &output)
        } else {
            JSONString.write(content(node), into: &output)
        }
    }

    mutating func wtf8(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        output.append("{\"$wtf8\":\"")
        Base64.encode(bytes, into: &output)
        output.append("\"}")
    }

    private mutating func base64(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        output.append("{\"$b64\":\"")
        Base64.encode(bytes, into: &output)
        output.append("\"}")
    }

    private mutating func tagged(
        _ tag: StaticString, _ bytes: UnsafeRawBufferPointer, closing: StaticString = "}",
        into output: inout ByteWriter
    ) {
        output.append(tag)
        if Self.isPlain(bytes) { JSONString.write(bytes, into: &output) } else { base64(bytes, into: &output) }
        output.append(closing)
    }

    /// Whether all bytes are printable ASCII, TAB, LF or CR.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where byte &- 0x20 > 0x5E && byte != 9 && byte != 10 && byte != 13 { return false }
        return true
    }

    /// Whether a high surrogate (ED A0..AF) stands directly before a low one (ED B0..BF).
    static func hasJoinableSurrogates(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 6 else { return false }
        for index in 0...(bytes.count - 6) where bytes[index] == 0xED && bytes[index + 3] == 0xED {
            if bytes[index + 1] & 0xF0 == 0xA0, bytes[index + 4] & 0xF0 == 0xB0 { return true }
        }
        return false
    }
}
