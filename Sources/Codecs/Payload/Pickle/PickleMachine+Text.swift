extension PickleMachine {
    /// A text of less than 256 bytes.
    @inline(__always)
    mutating func loadShortText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let (offset, count) = try takeCounted(1, at)
        var flags: UInt8 = 0
        if !WTF8.isASCII(input + offset, count) { flags = try checkedFlags(offset, count, at) }
        try pushKept(ValueNode(kind: .string, flags: flags, offset: offset, count: count), at, &builder)
    }

    @inline(never)
    mutating func loadText(counted width: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let (offset, count) = try takeCounted(width, at)
        var flags: UInt8 = 0
        if !WTF8.isASCII(input + offset, count) { flags = try checkedFlags(offset, count, at) }
        noteLength(count, width: width)
        try pushKept(ValueNode(kind: .string, flags: flags, offset: offset, count: count), at, &builder)
    }

    /// The flags of a text that is not all ASCII, when it is UTF-8 (surrogates are allowed).
    @inline(never)
    mutating func checkedFlags(_ offset: Int, _ count: Int, _ at: Int) throws(PayloadError) -> UInt8 {
        switch WTF8.check(input + offset, count) {
        case .valid: return 0
        case .hasSurrogates: return ValueNode.hasSurrogates
        case .invalid(let wrong):
            throw PayloadError(.malformed, at: offset + wrong, "\(opcodeName(at)): the text is not UTF-8")
        }
    }

    @inline(never)
    mutating func loadBytes(
        _ kind: ValueKind, counted width: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let (offset, count) = try takeCounted(width, at)
        noteLength(count, width: width)
        try pushKept(ValueNode(kind: kind, offset: offset, count: count), at, &builder)
    }

    mutating func loadLegacyString(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let count = Int32(truncatingIfNeeded: try take(4, at))
        guard count >= 0 else { throw malformed(at, "has a negative length") }
        guard count <= end &- position else { throw truncated(at, claimed: UInt64(count)) }
        try push(ValueNode(kind: .legacyString, offset: position, count: Int(count)), at, &builder)
        position &+= Int(count)
    }

    mutating func loadLong(_ count: Int, _ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        guard count >= 0 else { throw malformed(at, "has a negative length") }
        guard count <= end &- position else { throw truncated(at, claimed: UInt64(count)) }
        let offset = position
        position &+= count
        noteLong(UnsafeRawBufferPointer(start: input + offset, count: count))
        try pushLong(offset, count, at, &builder)
    }

    /// Pushes the integer whose two's complement stands at `offset` of the tree's bytes, in as few bytes as it needs.
    mutating func pushLong(
        _ offset: Int, _ count: Int, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        let bytes = UnsafeRawBufferPointer(start: input + offset, count: count)
        var count = count
        if count > 8 {
            let filler: UInt8 = bytes[count - 1] & 0x80 == 0 ? 0 : 0xFF
            while count > 1, bytes[count - 1] == filler, bytes[count - 2] & 0x80 == filler & 0x80 { count -= 1 }
        }
        guard count <= 8 else {
            return try push(ValueNode(kind: .bigInt, offset: offset, count: count), at, &builder)
        }
        var number: UInt64 = count > 0 && bytes[count - 1] & 0x80 != 0 ? .max : 0
        for index in stride(from: count - 1, through: 0, by: -1) { number = number << 8 | UInt64(bytes[index]) }
        try push(.int, number, at, &builder)
    }

    /// Appends bytes that do not stand in the payload, and gives their offset.
    mutating func append(_ bytes: UnsafeRawBufferPointer, _ builder: inout TreeBuilder) -> Int {
        let offset = builder.appendBytes(bytes)
        input = UnsafeRawPointer(builder.bytes)
        return offset
    }
}
