extension NotationReader {
    /// How far an object is read: the stages of `Frame.stage`, in the order of its members.
    private enum Stage {
        static let callable: UInt32 = 0
        static let arguments: UInt32 = 1
        static let keywords: UInt32 = 2
        static let append: UInt32 = 3
        static let state: UInt32 = 6
        static let end: UInt32 = 7
    }

    /// Reads the next member of an object with a tag; the first is the value of the tag itself.
    mutating func member(
        into builder: inout TreeBuilder, _ values: inout IndexBuffer, _ frames: inout IndexBuffer,
        _ definitions: inout IndexBuffer
    ) throws(PayloadError) {
        let index = frame.next
        let kind = builder[frame.target].kind
        if frame.stage == Stage.callable {
            frame.next = after(index)
            frame.stage = kind == .global || kind == .persistent ? Stage.append : Stage.arguments
            if frame.stage == Stage.arguments, frame.next >= frame.end {
                throw wrong(index, "\"args\" is missing behind this")
            }
            if kind == .global {
                try names(index, of: frame.target, into: &builder, &values, &frames)
            } else if kind == .persistent || !isName(index) {
                try value(index, into: &builder, &values, &frames, &definitions)
            } else {
                let made = builder.append(ValueNode(kind: .global))
                values.append(made)
                open(.values, index..<index, target: made, values: values, frames: &frames)
                try names(index, of: made, into: &builder, &values, &frames)
            }
            return
        }
        frame.next = after(index + 1)
        if frame.stage == Stage.arguments {
            return try arguments(index, into: &builder, &values, &frames, &definitions)
        }
        let key = try string(index, "a key is a string")
        if key == "kwargs", frame.stage == Stage.keywords, kind == .newObject {
            builder[frame.target].kind = .newObjectWithKeywords
            frame.stage = Stage.append
            return try value(index + 1, into: &builder, &values, &frames, &definitions)
        }
        if key == "ops", frame.stage <= Stage.append {
            frame.stage = Stage.end
            let range = try elements(index + 1, "\"ops\" takes an array")
            return open(.operations, range, target: Self.noTarget, values: values, frames: &frames)
        }
        try operation(index, after: frame.stage, into: &builder, &values, &frames)
    }

    // MARK: Names and arguments

    /// Whether what is called stands as a name: as text, or as an array of two.
    private borrowing func isName(_ index: UInt32) -> Bool {
        let node = node(index)
        return node.kind == .string || node.kind == .list && node.count == 2
    }

    /// Reads `"module:name"` or `["module","name"]` into the two children of `target`, whose frame is open.
    private mutating func names(
        _ index: UInt32, of target: UInt32, into builder: inout TreeBuilder, _ values: inout IndexBuffer,
        _ frames: inout IndexBuffer
    ) throws(PayloadError) {
        let what = "a name is \"module:name\" or an array of both"
        if node(index).kind == .list {
            guard node(index).count == 2 else { throw wrong(index, what) }
            let range = try elements(index, what)
            return open(.values, range, target: Self.noTarget, values: values, frames: &frames)
        }
        let text = try unescaped(index, what)
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            !text[(colon + 1)...].contains(UInt8(ascii: ":"))
        else { throw wrong(index, what) }
        values.append(add(Array(text[..<colon]), as: .string, into: &builder))
        values.append(add(Array(text[(colon + 1)...]), as: .string, into: &builder))
    }

    private mutating func arguments(
        _ index: UInt32, into builder: inout TreeBuilder, _ values: inout IndexBuffer,
        _ frames: inout IndexBuffer, _ definitions: inout IndexBuffer
    ) throws(PayloadError) {
        frame.stage = Stage.keywords
        switch try string(index, "a key is a string") {
        case "args":
            let range = try elements(index + 1, "\"args\" takes an array")
            let made = builder.append(ValueNode(kind: .tuple))
            values.append(made)
            open(.values, range, target: made, values: values, frames: &frames)
        case "args*": try value(index + 1, into: &builder, &values, &frames, &definitions)
        default: throw wrong(index, "\"args\" or \"args*\" comes next here")
        }
    }

    // MARK: Operations

    /// Reads an operation's key and begins its value; outside of "ops" each stands once, in its order.
    mutating func operation(
        _ index: UInt32, after stage: UInt32, into builder: inout TreeBuilder, _ values: inout IndexBuffer,
        _ frames: inout IndexBuffer
    ) throws(PayloadError) {
        let key = try string(index, "a key is a string")
        let kinds: [(String, ValueKind)] = [
            ("append", .appendOperation), ("items", .setItemsOperation), ("add", .addOperation),
            ("state", .stateOperation),
        ]
        guard let position = kinds.firstIndex(where: { $0.0 == key }) else {
            throw wrong(index, "\"append\", \"items\", \"add\", \"state\" or \"ops\" belongs here")
        }
        let place = Stage.append + UInt32(position)
        guard stage <= place else {
            throw wrong(index, "\"append\", \"items\", \"add\" and \"state\" stand once each, in this order")
        }
        if stage > 0 { frame.stage = place + 1 }
        let kind = kinds[position].1
        let range =
            kind == .stateOperation
            ? index + 1..<after(index + 1) : try elements(index + 1, "\"\(key)\" takes an array")
        let made = builder.append(ValueNode(kind: kind))
        values.append(made)
        open(kind == .setItemsOperation ? .pairs : .values, range, target: made, values: values, frames: &frames)
    }
}
