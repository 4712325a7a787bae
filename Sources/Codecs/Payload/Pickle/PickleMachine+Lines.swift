internal import Glibc

/// The arguments of protocol 0: text up to a line feed.
extension PickleMachine {
    /// The next line without its line feed.
    mutating func takeLine(_ at: Int) throws(PayloadError) -> UnsafeRawBufferPointer {
        guard position < end, let found = memchr(input + position, 10, end - position) else { throw truncated(at) }
        let start = input + position
        let line = UnsafeRawBufferPointer(start: start, count: UnsafeRawPointer(found) - start)
        position += line.count + 1
        return line
    }

    /// A line that must not be empty, up to the first NUL: that is where CPython's number parsers stop.
    private mutating func takeNumber(_ at: Int) throws(PayloadError) -> Slice<UnsafeRawBufferPointer> {
        let line = try takeLine(at)
        guard !line.isEmpty else { throw malformed(at, "has an empty line") }
        return line.prefix { $0 != 0 }
    }

    mutating func loadIntText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let line = try takeLine(at)
        guard !line.isEmpty else { throw malformed(at, "has an empty line") }
        if line.count == 2, line[0] == UInt8(ascii: "0"), line[1] == UInt8(ascii: "0") || line[1] == UInt8(ascii: "1") {
            return try push(line[1] == UInt8(ascii: "1") ? Self.trueNode : Self.falseNode, at)
        }
        let digits = line.prefix { $0 != 0 }
        if let number = digits.isEmpty ? 0 : PickleInteger.octal(digits) { return try pushInt(number, at, &builder) }
        try pushInteger(digits, at, &builder)
    }

    mutating func loadLongText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let line = try takeLine(at)
        guard !line.isEmpty else { throw malformed(at, "has an empty line") }
        let digits = line[0..<(line.count - (line[line.count - 1] == UInt8(ascii: "L") ? 1 : 0))]
        try pushInteger(digits.prefix { $0 != 0 }, at, &builder)
    }

    private mutating func pushInteger(
        _ digits: Slice<UnsafeRawBufferPointer>, _ at: Int, _ builder: inout TreeBuilder
    ) throws(PayloadError) {
        switch PickleInteger.parse(digits) {
        case .small(let number): try pushInt(number, at, &builder)
        case .large(let bytes):
            let offset = bytes.withUnsafeBytes { append($0, &builder) }
            try pushLong(offset, bytes.count, at, &builder)
        case .tooManyDigits:
            throw overLimit(at, "has more than \(PickleInteger.maximumDecimalDigits) decimal digits")
        case .invalid: throw malformed(at, "has a line that is no integer")
        }
    }

    mutating func loadFloatText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let digits = try takeNumber(at)
        guard let number = PickleFloat.parse(digits) else { throw malformed(at, "has a line that is no number") }
        // As CPython does, which says that the number is too large.
        guard number.isFinite || PickleFloat.isNamed(digits) else { throw malformed(at, "has a number above 1.8e308") }
        try push(.float, number.bitPattern, at, &builder)
    }

    /// The memo index in the line of GET or PUT.
    mutating func memoIndexText(_ at: Int, takesValue: Bool) throws(PayloadError) -> Int {
        let digits = try takeNumber(at)
        guard !takesValue || stack.count > fence else { throw underflow(at) }
        guard case .small(let index) = PickleInteger.parse(digits, isDecimal: true) else {
            throw malformed(at, "has a line that is no memo index")
        }
        guard index >= 0 else { throw malformed(at, "has a negative memo index") }
        return Int(index)
    }

    /// A quoted string with the escapes of Python's bytes literals.
    mutating func loadStringText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let line = try takeLine(at)
        guard line.count >= 2, let quote = line.first, quote == line.last, quote == 0x27 || quote == 0x22 else {
            throw malformed(at, "has no quotes around its text")
        }
        let inside = UnsafeRawBufferPointer(rebasing: line[1..<(line.count - 1)])
        guard inside.contains(UInt8(ascii: "\\")) else {
            return try push(ValueNode(kind: .legacyString, offset: at + 2, count: inside.count), at, &builder)
        }
        guard let bytes = PickleEscapes.bytes(of: inside) else { throw malformed(at, "has a broken escape") }
        let offset = bytes.withUnsafeBytes { append($0, &builder) }
        try push(ValueNode(kind: .legacyString, offset: offset, count: bytes.count), at, &builder)
    }

    /// Latin-1 with `\uXXXX` and `\UXXXXXXXX`: Python's raw-unicode-escape.
    mutating func loadUnicodeText(_ at: Int, _ builder: inout TreeBuilder) throws(PayloadError) {
        let line = try takeLine(at)
        if !line.contains(where: { $0 == UInt8(ascii: "\\") || $0 >= 0x80 }) {
            return try push(ValueNode(kind: .string, offset: at + 1, count: line.count), at, &builder)
        }
        guard let (text, hasSurrogates) = PickleEscapes.text(of: line) else {
            throw malformed(at, "has a broken \\u escape")
        }
        let flags = hasSurrogates ? ValueNode.hasSurrogates : 0
        let offset = text.withUnsafeBytes { append($0, &builder) }
        try push(ValueNode(kind: .string, flags: flags, offset: offset, count: text.count), at, &builder)
    }
}
