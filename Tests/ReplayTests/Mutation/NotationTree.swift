import Codecs

/// The text of a message in a recording, as a tree that a test can change anywhere.
indirect enum NotationTree: Hashable {
    case null
    case bool(Bool)
    /// A number's text.
    case number(String)
    case string(String)
    case list([NotationTree])
    case map([Entry])

    struct Entry: Hashable {
        var key: String
        var value: NotationTree
    }

    init(_ text: [UInt8]) throws {
        let tree = ValueTree()
        try JSONFormat().decode(text.span.bytes, into: tree, limits: DecodingLimits())
        self.init(tree.root)
    }

    private init(_ value: Value) {
        switch value.kind {
        case .true, .false: self = .bool(value.kind == .true)
        case .number: self = .number(String(decoding: value.content, as: UTF8.self))
        case .string: self = .string(value.string ?? "")
        case .list: self = .list(value.children.map { NotationTree($0) })
        case .map:
            self = .map(value.entries.map { Entry(key: $0.key.string ?? "", value: NotationTree($0.value)) })
        default: self = .null
        }
    }

    /// Its JSON text.
    var text: [UInt8] {
        var output = ByteWriter()
        write(into: &output)
        return output.array
    }

    private func write(into output: inout ByteWriter) {
        switch self {
        case .null: output.append("null")
        case .bool(let bool): output.append(bool ? "true" : "false")
        case .number(let text): output.append(text)
        case .string(let string): Self.write(string, into: &output)
        case .list(let elements):
            output.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(",") }
                element.write(into: &output)
            }
            output.append("]")
        case .map(let entries):
            output.append("{")
            for (index, entry) in entries.enumerated() {
                if index > 0 { output.append(",") }
                Self.write(entry.key, into: &output)
                output.append(":")
                entry.value.write(into: &output)
            }
            output.append("}")
        }
    }

    private static func write(_ string: String, into output: inout ByteWriter) {
        var string = string
        string.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
    }

    /// The tree with every scalar changed as `change` says, and every key as `keys` does.
    func mapScalars(
        keys: (String) -> String = { $0 }, _ change: (NotationTree) -> NotationTree
    ) -> NotationTree {
        switch self {
        case .list(let elements): .list(elements.map { $0.mapScalars(keys: keys, change) })
        case .map(let entries):
            .map(entries.map { Entry(key: keys($0.key), value: $0.value.mapScalars(keys: keys, change)) })
        default: change(self)
        }
    }

    /// The scalars, in order.
    var scalars: [NotationTree] {
        switch self {
        case .list(let elements): elements.flatMap(\.scalars)
        case .map(let entries): entries.flatMap(\.value.scalars)
        default: [self]
        }
    }
}
