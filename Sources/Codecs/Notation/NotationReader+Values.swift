extension NotationReader {
    /// Reads a value, or its start: its node is put on `values`, and where it has children a frame is opened.
    mutating func value(
        _ start: UInt32, into builder: inout TreeBuilder, _ values: inout IndexBuffer, _ frames: inout IndexBuffer,
        _ definitions: inout IndexBuffer
    ) throws(PayloadError) {
        var index = start
        var number: UInt64?
        // Where a definition stands, the value in it is read.
        while let tag = try tag(index), tag == "$def" {
            guard number == nil else { throw wrong(index, "\"$def\" stands directly in another") }
            number = try definitionNumber(index)
            index += 4
        }
        let made: UInt32
        let node = node(index)
        switch node.kind {
        case .null, .true, .false: made = builder.append(ValueNode(kind: node.kind))
        case .int: made = builder.append(ValueNode(kind: .int, payload: node.payload))
        case .number: made = try self.number(index, into: &builder)
        case .string: made = try text(index, as: .string, into: &builder)
        case .list:
            made = builder.append(ValueNode(kind: .list))
            values.append(made)
            open(.values, try elements(index, "an array"), target: made, values: values, frames: &frames)
            if let number { try define(number, made, &definitions, at: start) }
            return
        case .map:
            if let tag = try tag(index) {
                if tag == "$ref" {
                    guard number == nil else { throw wrong(start, "\"$def\" holds a \"$ref\"") }
                    values.append(try referred(index, into: &builder, definitions))
                    return
                }
                made = try tagged(tag, index, into: &builder, &values, &frames)
            } else {
                made = builder.append(ValueNode(kind: .map))
                values.append(made)
                open(.entries, index + 1..<node.low - 1, target: made, values: values, frames: &frames)
            }
            if let number { try define(number, made, &definitions, at: start) }
            return
        default: throw wrong(index, "a value of JSON belongs here")
        }
        values.append(made)
        if let number { try define(number, made, &definitions, at: start) }
    }

    /// The tag of an object: its first key, where that starts with `$`.
    borrowing func tag(_ index: UInt32) throws(PayloadError) -> String? {
        let node = node(index)
        guard node.kind == .map, node.count >= 2, node.has(ValueNode.isInline) else { return nil }
        let key = self.node(index + 1)
        guard key.count > 0 else { return nil }
        let first = content(key)[0]
        guard first == UInt8(ascii: "$") || first == UInt8(ascii: "\\") else { return nil }
        let text = try string(index + 1, "a key is a string")
        return text.utf8.first == UInt8(ascii: "$") ? text : nil
    }

    private borrowing func definitionNumber(_ index: UInt32) throws(PayloadError) -> UInt64 {
        guard node(index).count == 4, let number = integer(index + 2), number > 0,
            node(index + 3).kind == .string, content(node(index + 3)).elementsEqual("v".utf8)
        else { throw wrong(index, "a definition is {\"$def\":NUMBER,\"v\":VALUE}, its number from 1 on") }
        return UInt64(number)
    }

    private mutating func referred(
        _ index: UInt32, into builder: inout TreeBuilder, _ definitions: borrowing IndexBuffer
    ) throws(PayloadError) -> UInt32 {
        guard node(index).count == 2, let number = integer(index + 2), number > 0 else {
            throw wrong(index, "a reference is {\"$ref\":NUMBER}, its number from 1 on")
        }
        guard let target = definition(UInt64(number), definitions) else {
            throw wrong(index, "\"$ref\" \(number) refers to no \"$def\" before it")
        }
        builder[target].flags |= ValueNode.isFetched
        builder.hasFetchedNodes = true
        return target
    }

    // MARK: Numbers

    /// A JSON number: a float where it has a point or an exponent.
    private borrowing func number(_ index: UInt32, into builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        let text = content(node(index))
        let isFloat = text.contains { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
        }
        if isFloat {
            guard let number = FloatText.read(text) else {
                throw wrong(index, "this number is beyond the largest float, which is {\"$float\":\"inf\"}")
            }
            return builder.append(ValueNode(kind: .float, payload: number.bitPattern))
        }
        if let small = integer(index) {
            return builder.append(ValueNode(kind: .int, payload: UInt64(bitPattern: small)))
        }
        return try integer(IntegerText.read(text), index, into: &builder)
    }

    private borrowing func integer(
        _ read: [UInt8]?, _ index: UInt32, into builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        guard let bytes = read else {
            throw wrong(index, "an integer is decimal digits, at most 4300, or 0x and lower-case hexadecimal ones")
        }
        if let small = bytes.withUnsafeBytes({ IntegerText.small($0) }) {
            return builder.append(ValueNode(kind: .int, payload: UInt64(bitPattern: small)))
        }
        return add(bytes, as: .bigInt, into: &builder)
    }

    private borrowing func float(_ index: UInt32, into builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        let what = "\"$float\" is \"inf\", \"-inf\", \"nan\", or \"0x\" and sixteen hexadecimal digits"
        let text = try string(index, what)
        let bits: UInt64
        switch text {
        case "inf": bits = Double.infinity.bitPattern
        case "-inf": bits = (-Double.infinity).bitPattern
        case "nan": bits = 0x7FF8_0000_0000_0000
        default:
            guard text.utf8.count == 18, text.hasPrefix("0x"), !text.contains("+"),
                let read = UInt64(text.dropFirst(2), radix: 16)
            else { throw wrong(index, what) }
            bits = read
        }
        return builder.append(ValueNode(kind: .float, payload: bits))
    }

    // MARK: Tags

    /// Reads an object with a tag, or its start, and gives its node, which is on `values` then.
    private mutating func tagged(
        _ tag: String, _ index: UInt32, into builder: inout TreeBuilder, _ values: inout IndexBuffer,
        _ frames: inout IndexBuffer
    ) throws(PayloadError) -> UInt32 {
        if let kind = Self.objects[tag] {
            let made = builder.append(ValueNode(kind: kind))
            builder.hasObjects = true
            values.append(made)
            open(.members, index + 2..<node(index).low - 1, target: made, values: values, frames: &frames)
            return made
        }
        guard node(index).count == 2 || tag == "$buffer" && node(index).count == 4 else {
            throw wrong(index, "an object with \"\(Self.shown(tag))\" has no other key here")
        }
        let inner = index + 2
        if let kind = Self.containers[tag] {
            let range = try elements(inner, "\"\(tag)\" takes an array")
            let made = builder.append(ValueNode(kind: kind))
            values.append(made)
            open(kind == .map ? .pairs : .values, range, target: made, values: values, frames: &frames)
            return made
        }
        let made = try scalar(tag, index, inner, into: &builder)
        values.append(made)
        return made
    }

    private static let objects: [String: ValueKind] = [
        "$global": .global, "$pers": .persistent, "$call": .call, "$new": .newObject, "$inst": .instance,
        "$obj": .classInstance,
    ]

    private static let containers: [String: ValueKind] = [
        "$tuple": .tuple, "$set": .set, "$frozenset": .frozenSet, "$dict": .map,
    ]

    private mutating func scalar(
        _ tag: String, _ index: UInt32, _ inner: UInt32, into builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        switch tag {
        case "$int":
            let text = try unescaped(inner, "\"$int\" takes a string of digits")
            return try integer(text.withUnsafeBytes { IntegerText.read($0) }, inner, into: &builder)
        case "$float": return try float(inner, into: &builder)
        case "$wtf8":
            let bytes = try base64(inner)
            guard Self.isGeneralizedUTF8(bytes) else {
                throw wrong(inner, "\"$wtf8\" holds bytes that are no UTF-8 with surrogates")
            }
            return add(bytes, as: .string, into: &builder)
        case "$bytes": return try text(inner, as: .bytes, into: &builder)
        case "$b64": return add(try base64(inner), as: .bytes, into: &builder)
        case "$bytearray": return try textOrBase64(inner, as: .byteArray, into: &builder)
        case "$str2": return try textOrBase64(inner, as: .legacyString, into: &builder)
        case "$float32": return try single(inner, into: &builder)
        case "$ext": return try coded(inner, into: &builder)
        case "$buffer": return try buffer(index, inner, into: &builder)
        default: throw wrong(index, "\"\(Self.shown(tag))\" is no tag of the value notation")
        }
    }

    private borrowing func single(_ index: UInt32, into builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        let node = node(index)
        let bits: UInt64?
        switch node.kind {
        case .number: bits = SingleText.read(String(decoding: content(node), as: UTF8.self))
        case .string: bits = SingleText.readSpecial(try string(index, "a string"))
        default: bits = nil
        }
        guard let bits else {
            throw wrong(
                index, "\"$float32\" is a number of 32 bits, \"inf\", \"-inf\", \"nan\", or \"0x\" and eight digits")
        }
        return builder.append(ValueNode(kind: .float, flags: ValueNode.isSingle, payload: bits))
    }

    /// A code of pickle's registry, or the type and the bytes of MessagePack's ext.
    private mutating func coded(_ index: UInt32, into builder: inout TreeBuilder) throws(PayloadError) -> UInt32 {
        if node(index).kind == .list {
            let what = "\"$ext\" takes an array of a type from -128 to 127 and bytes"
            let range = try elements(index, what)
            guard node(index).count == 2, let type = integer(range.lowerBound).flatMap({ Int8(exactly: $0) }) else {
                throw wrong(index, what)
            }
            let made = try textOrBase64(range.lowerBound + 1, as: .typedBytes, into: &builder)
            builder[made].detail = UInt16(UInt8(bitPattern: type))
            return made
        }
        guard let code = integer(index), code > 0, code <= Int32.max else {
            throw wrong(index, "\"$ext\" takes a number from 1 to 2147483647")
        }
        builder.hasObjects = true
        return builder.append(ValueNode(kind: .extensionCode, payload: UInt64(code)))
    }

    private mutating func buffer(
        _ index: UInt32, _ inner: UInt32, into builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        guard let number = integer(inner), number >= 0, number <= bufferCount else {
            throw wrong(inner, "buffers are counted from 0, in the order in which they stand there")
        }
        var flags: UInt8 = 0
        if node(index).count == 4 {
            guard try string(inner + 1, "a key") == "readonly", node(inner + 2).kind == .true else {
                throw wrong(index, "a buffer has no other key than \"readonly\":true")
            }
            flags = ValueNode.isReadOnly
        }
        if number == bufferCount { bufferCount += 1 }
        return builder.append(ValueNode(kind: .buffer, flags: flags, payload: UInt64(number)))
    }

    // MARK: Bytes

    private borrowing func textOrBase64(
        _ index: UInt32, as kind: ValueKind, into builder: inout TreeBuilder
    ) throws(PayloadError) -> UInt32 {
        guard node(index).kind == .map else { return try text(index, as: kind, into: &builder) }
        guard node(index).count == 2, try tag(index) == "$b64" else {
            throw wrong(index, "a string or {\"$b64\":\"...\"} belongs here")
        }
        return add(try base64(index + 2), as: kind, into: &builder)
    }

    private borrowing func base64(_ index: UInt32) throws(PayloadError) -> [UInt8] {
        let text = try unescaped(index, "base64 is a string")
        var output = ByteWriter(capacity: text.count)
        do throws(PayloadError) {
            try Base64.decode(text.span.bytes, into: &output)
        } catch {
            throw wrong(index, error.reason)
        }
        return output.array
    }

    /// Whether bytes are UTF-8, each surrogate as three bytes of its own.
    private static func isGeneralizedUTF8(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            if case .invalid = WTF8.check(start, bytes.count) { return false }
            return true
        }
    }

    /// A tag as an error may show it.
    private static func shown(_ tag: String) -> String {
        let plain = tag.utf8.prefix(20).filter { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        return String(decoding: plain, as: UTF8.self)
    }
}
