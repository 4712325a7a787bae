/// Reads a JSON text to the letter of RFC 8259 into flat nodes, checking and building in one pass.
///
/// Numbers and strings stay the text that they were; names may repeat and keep their order. An escape of a lone surrogate is
/// taken, since the grammar has it. A byte order mark, UTF-16 and anything but UTF-8 is refused.
///
/// There is no stack: an open container's node holds the number of the one around it where a closed one has its end. Eight
/// zero bytes stand behind the text. A zero byte fits nowhere in JSON, so that no loop needs to look for the end.
enum JSONReader {
    private static let outermost = UInt32.max

    /// Reads the text at the start of the builder's bytes and gives the index of its node.
    static func read(
        _ builder: inout TreeBuilder, count: Int, limits: DecodingLimits
    ) throws(PayloadError) -> UInt32 {
        let text = JSONText(builder.bytes, count: count)
        builder.isSourceText = true
        var position = 0
        var container = outermost
        var isMap = false
        var children: UInt32 = 0
        var depth = 0
        var elementsLeft = limits.maximumElements
        try text.checkEncoding()
        while true {
            position = text.skipWhitespace(position)
            elementsLeft &-= 1
            if elementsLeft < 0 { throw text.tooManyElements(at: position, limits) }
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position = try text.readString(at: position, into: &builder)
                children &+= 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                position = try text.readNumber(at: position, into: &builder)
                children &+= 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth >= limits.maximumDepth { throw text.tooDeep(at: position, limits) }
                depth &+= 1
                if container != outermost { builder[container].count = children &+ 1 }
                isMap = byte == UInt8(ascii: "{")
                var node = ValueNode(kind: isMap ? .map : .list, flags: ValueNode.isInline)
                node.low = container
                node.high = UInt32(truncatingIfNeeded: position)
                container = builder.append(node)
                children = 0
                position = text.skipWhitespace(position &+ 1)
                // `]` is two more than `[`, and `}` than `{`.
                if text[position] == byte &+ 2 { break }
                if !isMap { continue }
                position = try text.readKey(at: position, "a string or \"}\"", into: &builder)
                children = 1
                elementsLeft &-= 1
                continue
            default:
                position = try text.readLiteral(at: position, into: &builder)
                children &+= 1
            }
            while true {
                if depth == 0 {
                    try text.checkNothingFollows(at: position)
                    return 0
                }
                position = text.skipWhitespace(position)
                let byte = text[position]
                if byte == UInt8(ascii: ",") {
                    position &+= 1
                    if !isMap { break }
                    position = try text.readKey(at: text.skipWhitespace(position), "a string", into: &builder)
                    children &+= 1
                    elementsLeft &-= 1
                    break
                }
                guard byte == (isMap ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw text.unexpected(at: position, isMap ? "\",\" or \"}\"" : "\",\" or \"]\"")
                }
                position &+= 1
                depth &-= 1
                let end = builder.append(ValueNode(kind: .end, payload: UInt64(truncatingIfNeeded: position)))
                let closed = container
                container = builder[closed].low
                builder[closed].count = children
                builder[closed].low = end &+ 1
                if depth > 0 {
                    children = builder[container].count
                    isMap = builder[container].kind == .map
                }
            }
        }
    }
}
