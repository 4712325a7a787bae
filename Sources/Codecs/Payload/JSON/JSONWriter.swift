/// Writes a value of any tree as JSON without spaces, as far as JSON has its kinds.
///
/// A number that was read from JSON is written as it was, a string with the escapes that it had. A tree may hold one node in
/// many places, or a cycle; depth and length are bounded by the defaults of `DecodingLimits`.
enum JSONWriter {
    private struct Level {
        var children: ValueChildren
        let isMap: Bool
        var written = 0
    }

    static func write(_ value: Value, into output: inout ByteWriter) throws(PayloadError) {
        let limits = DecodingLimits()
        let start = output.count
        var levels: [Level] = []
        try write(value, opening: &levels, into: &output)
        while var level = levels.popLast() {
            guard let child = level.children.next() else {
                output.append(level.isMap ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                continue
            }
            let isKey = level.isMap && level.written % 2 == 0
            if isKey, child.kind != .string { throw notRepresentable("a map's key that is no text") }
            if level.written > 0 {
                output.append(level.isMap && !isKey ? UInt8(ascii: ":") : UInt8(ascii: ","))
            }
            level.written += 1
            levels.append(level)
            try write(child, opening: &levels, into: &output)
            guard levels.count <= limits.maximumDepth else {
                throw PayloadError(.overLimit, at: 0, "the value nests deeper than \(limits.maximumDepth) levels")
            }
            guard output.count - start <= limits.maximumExpandedBytes else {
                throw PayloadError(.overLimit, at: 0, "the text is longer than \(limits.maximumExpandedBytes) bytes")
            }
        }
    }

    /// Writes a scalar whole; of a container the opening bracket.
    private static func write(
        _ value: Value, opening levels: inout [Level], into output: inout ByteWriter
    ) throws(PayloadError) {
        let node = value.node
        switch node.kind {
        case .null: output.append("null")
        case .false: output.append("false")
        case .true: output.append("true")
        case .int: output.append(decimal: Int64(bitPattern: node.payload))
        case .number: output.append(value.content)
        case .float: try write(Double(bitPattern: node.payload), into: &output)
        case .string:
            if node.has(ValueNode.hasEscapes) {
                output.append(UInt8(ascii: "\""))
                output.append(value.content)
                output.append(UInt8(ascii: "\""))
            } else {
                JSONString.writeMinimal(value.content, into: &output)
            }
        case .list, .map:
            output.append(node.kind == .map ? UInt8(ascii: "{") : UInt8(ascii: "["))
            levels.append(Level(children: value.children, isMap: node.kind == .map))
        default: throw notRepresentable(node.kind.phrase)
        }
    }

    /// Writes the shortest text that reads back as that number; it has a point or an exponent.
    private static func write(_ number: Double, into output: inout ByteWriter) throws(PayloadError) {
        guard number.isFinite else { throw notRepresentable(number.isNaN ? "a float that is no number" : "infinity") }
        output.append(number.description)
    }

    private static func notRepresentable(_ what: String) -> PayloadError {
        PayloadError(.notRepresentable, at: 0, "JSON cannot hold \(what)")
    }
}
