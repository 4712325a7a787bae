extension PickleEmitter {
    /// Writes a value, or its start: true where it opened a frame.
    @inline(__always)
    @discardableResult
    mutating func save(
        _ index: UInt32, into output: inout ByteWriter, _ stack: inout IndexBuffer, _ table: inout IndexBuffer
    ) throws(PayloadError) -> Bool {
        if output.count >= nextComparison { try compare(output) }
        frames.beforeValue(&output)
        let node = node(index)
        switch node.kind {
        case .string: saveText(index, node, into: &output, &table)
        case .int: saveInteger(Int64(bitPattern: node.payload), into: &output)
        case .null: output.append(UInt8(ascii: "N"))
        case .true: if version >= 2 { output.append(0x88) } else { output.append("I01\n") }
        case .false: if version >= 2 { output.append(0x89) } else { output.append("I00\n") }
        case .float: saveFloat(node.payload, into: &output)
        case .bigInt: saveLargeInteger(content(node), into: &output)
        case .bytes, .byteArray, .legacyString: saveBytes(index, node, into: &output, &table)
        case .extensionCode: try saveExtension(node.payload, into: &output)
        case .buffer: try saveBuffer(node, into: &output)
        default: return try saveContainer(index, node, into: &output, &stack, &table)
        }
        return false
    }

    // MARK: Numbers

    @inline(__always)
    private mutating func saveInteger(_ number: Int64, into output: inout ByteWriter) {
        guard let small = Int32(exactly: number) else { return saveLongInteger(number, into: &output) }
        if version == 0 {
            output.append(UInt8(ascii: "I"))
            output.append(decimal: number)
            output.append(UInt8(ascii: "\n"))
        } else if small & ~0xFF == 0 {
            output.append(UInt8(ascii: "K"))
            output.append(UInt8(truncatingIfNeeded: small))
        } else if small & ~0xFFFF == 0 {
            output.append(UInt8(ascii: "M"))
            output.appendLittleEndian(UInt16(truncatingIfNeeded: small))
        } else {
            output.append(UInt8(ascii: "J"))
            output.appendLittleEndian(small)
        }
    }

    private mutating func saveLongInteger(_ number: Int64, into output: inout ByteWriter) {
        withUnsafeBytes(of: number.littleEndian) { saveLong(IntegerText.trimmed($0), into: &output) }
    }

    private mutating func saveLargeInteger(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        let bytes = IntegerText.trimmed(bytes)
        if let small = IntegerText.small(bytes) { return saveInteger(small, into: &output) }
        saveLong(bytes, into: &output)
    }

    /// An integer of more than 32 bits: its bytes, or decimal digits below protocol 2; integers whose digits would take
    /// quadratic time are bytes there too.
    private mutating func saveLong(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        if version < 2, IntegerText.magnitudeBits(bytes) <= IntegerText.maximumDecimalBits {
            output.append(UInt8(ascii: "L"))
            IntegerText.appendDecimal(bytes, into: &output)
            output.append("L\n")
            return
        }
        if bytes.count < 256 {
            output.append(0x8A)
            output.append(UInt8(truncatingIfNeeded: bytes.count))
        } else {
            output.append(0x8B)
            output.appendLittleEndian(UInt32(truncatingIfNeeded: bytes.count))
        }
        output.append(bytes)
    }

    private mutating func saveFloat(_ bits: UInt64, into output: inout ByteWriter) {
        let number = Double(bitPattern: bits)
        if version > 0 || number.isNaN && bits != 0x7FF8_0000_0000_0000 {
            output.append(UInt8(ascii: "G"))
            output.appendBigEndian(bits)
            return
        }
        output.append(UInt8(ascii: "F"))
        if number.isNaN {
            output.append("nan")
        } else if number.isInfinite {
            output.append(number < 0 ? "-inf" : "inf")
        } else {
            FloatText.append(number, into: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    // MARK: Texts and bytes

    @inline(__always)
    private mutating func saveText(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, _ table: inout IndexBuffer
    ) {
        let sharing = sharing(of: index, node, &table)
        if case .fetched(let number) = sharing { return get(number, into: &output) }
        writeText(content(node), into: &output)
        keep(put(into: &output), index, sharing, &table)
    }

    /// Writes a text's opcode.
    @inline(__always)
    mutating func writeText(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        if version == 0 { return escape(text, into: &output) }
        let start = output.count
        if text.count < 256, version >= 4 {
            output.append(0x8C)
            output.append(UInt8(truncatingIfNeeded: text.count))
        } else {
            output.append(UInt8(ascii: "X"))
            output.appendLittleEndian(UInt32(truncatingIfNeeded: text.count))
        }
        frames.append(text, headerCount: output.count &- start, to: &output)
    }

    private mutating func saveBytes(
        _ index: UInt32, _ node: ValueNode, into output: inout ByteWriter, _ table: inout IndexBuffer
    ) {
        let sharing = sharing(of: index, node, &table)
        if case .fetched(let number) = sharing { return get(number, into: &output) }
        let bytes = content(node)
        let start = output.count
        switch node.kind {
        case .byteArray:
            output.append(0x96)
            output.appendLittleEndian(UInt64(bytes.count))
        case .bytes: header(bytes.count, short: UInt8(ascii: "C"), long: UInt8(ascii: "B"), into: &output)
        default:
            if version == 0 {
                quote(bytes, into: &output)
                return keep(put(into: &output), index, sharing, &table)
            }
            header(bytes.count, short: UInt8(ascii: "U"), long: UInt8(ascii: "T"), into: &output)
        }
        frames.append(bytes, headerCount: output.count &- start, to: &output)
        keep(put(into: &output), index, sharing, &table)
    }

    @inline(__always)
    mutating func header(_ count: Int, short: UInt8, long: UInt8, into output: inout ByteWriter) {
        if count < 256 {
            output.append(short)
            output.append(UInt8(truncatingIfNeeded: count))
        } else {
            output.append(long)
            output.appendLittleEndian(UInt32(truncatingIfNeeded: count))
        }
    }

    /// A Python 2 string as its `repr`, which protocol 0 holds.
    private mutating func quote(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        let single = UInt8(ascii: "'")
        let isDoubled = bytes.contains(single) && !bytes.contains(UInt8(ascii: "\""))
        let mark = isDoubled ? UInt8(ascii: "\"") : single
        output.append(UInt8(ascii: "S"))
        output.append(mark)
        for byte in bytes {
            switch byte {
            case mark, UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 9: output.append("\\t")
            case 10: output.append("\\n")
            case 13: output.append("\\r")
            case 0x20..<0x7F: output.append(byte)
            default:
                output.append("\\x")
                output.append(IntegerText.hexDigit(UInt32(byte >> 4)))
                output.append(IntegerText.hexDigit(UInt32(byte & 15)))
            }
        }
        output.append(mark)
        output.append(UInt8(ascii: "\n"))
    }

    /// A text as protocol 0 holds it: Latin-1, with escapes for all else and for what a line cannot hold.
    mutating func escape(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        output.append(UInt8(ascii: "V"))
        var index = 0
        while index < text.count {
            let first = text[index]
            let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            var code = UInt32(length == 1 ? first : first & (0x7F >> UInt8(length)))
            for position in index &+ 1..<max(min(index &+ length, text.count), index &+ 1) {
                code = code << 6 | UInt32(text[position] & 0x3F)
            }
            index &+= length
            let isSpecial = code == 0x5C || code == 0 || code == 10 || code == 13 || code == 0x1A
            if code < 256, !isSpecial {
                output.append(UInt8(truncatingIfNeeded: code))
                continue
            }
            output.append(code < 0x10000 ? "\\u" : "\\U")
            for shift in stride(from: code < 0x10000 ? UInt32(12) : 28, through: 0, by: -4) {
                output.append(IntegerText.hexDigit(code >> shift & 15))
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    // MARK: Others

    private mutating func saveExtension(_ code: UInt64, into output: inout ByteWriter) throws(PayloadError) {
        switch code {
        case 1...0xFF:
            output.append(0x82)
            output.append(UInt8(code))
        case 0x100...0xFFFF:
            output.append(0x83)
            output.appendLittleEndian(UInt16(code))
        case 0x10000...0x7FFF_FFFF:
            output.append(0x84)
            output.appendLittleEndian(UInt32(code))
        default: throw notRepresentable
        }
    }

    /// The next buffer of those that travel beside the pickle; one that stood before cannot be had again.
    private mutating func saveBuffer(_ node: ValueNode, into output: inout ByteWriter) throws(PayloadError) {
        guard node.payload == bufferCount else {
            throw PayloadError(.notRepresentable, at: 0, "a buffer stands in two places, or out of its order")
        }
        bufferCount += 1
        output.append(0x97)
        if node.has(ValueNode.isReadOnly) { output.append(0x98) }
    }
}
