internal import Codecs
internal import Recorder

/// The readable form of a message, as far as parts of it can be taken out or made smaller.
indirect enum ShrinkableValue: Hashable {
    case list([ShrinkableValue])
    case map([Member])
    /// The text without quotes and escapes.
    case string([UInt8])
    case number([UInt8])
    /// null, true or false.
    case word([UInt8])

    struct Member: Hashable {
        /// The key as it stands, with its quotes.
        var key: [UInt8]
        var value: ShrinkableValue
    }

    /// Deeper values are left as they are.
    static let maximumDepth = 512

    /// Reads a message's form; nil where it is too deep.
    init?(text: [UInt8]) {
        var limits = DecodingLimits.recordedText(within: DecodingLimits())
        limits.maximumDepth = Self.maximumDepth
        limits.maximumFrameBytes = .max
        let tree = ValueTree()
        guard (try? JSONFormat().decode(text.span.bytes, into: tree, limits: limits)) != nil else { return nil }
        self.init(tree.root)
    }

    private init(_ value: Value) {
        switch value.kind {
        case .list: self = .list(value.children.map { ShrinkableValue($0) })
        case .map:
            self = .map(
                value.entries.map { key, value in
                    Member(key: Self.source(of: key), value: ShrinkableValue(value))
                })
        case .string: self = .string(value.text ?? [])
        case .number: self = .number(Array(value.content))
        default: self = .word(Self.source(of: value))
        }
    }

    private static func source(of value: Value) -> [UInt8] {
        value.sourceRange.map { Array(value.tree.payload[$0]) } ?? Array("null".utf8)
    }

    /// The JSON text.
    var text: [UInt8] {
        var output = ByteWriter()
        write(into: &output)
        return output.array
    }

    private func write(into output: inout ByteWriter) {
        switch self {
        case .list(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                output.append(member.key)
                output.append(UInt8(ascii: ":"))
                member.value.write(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .string(let text): text.withUnsafeBytes { JSONString.write($0, into: &output) }
        case .number(let text), .word(let text): output.append(text)
        }
    }

    /// The texts and numbers in it.
    var scalars: [ShrinkableValue] {
        switch self {
        case .list(let elements): elements.flatMap(\.scalars)
        case .map(let members): members.flatMap(\.value.scalars)
        case .string, .number: [self]
        case .word: []
        }
    }

    /// The texts in it.
    var strings: [[UInt8]] {
        scalars.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// The same with one text in the place of another, also inside of longer ones.
    func replacing(_ text: [UInt8], with other: [UInt8]) -> ShrinkableValue {
        switch self {
        case .list(let elements): .list(elements.map { $0.replacing(text, with: other) })
        case .map(let members):
            .map(members.map { Member(key: $0.key, value: $0.value.replacing(text, with: other)) })
        case .string(let own): .string(own.replacing(text, with: other))
        case .number, .word: self
        }
    }
}

extension [UInt8] {
    /// The same with every run of those bytes replaced.
    fileprivate func replacing(_ part: [UInt8], with other: [UInt8]) -> [UInt8] {
        guard let first = part.first, part.count <= count else { return self }
        var result: [UInt8] = []
        var position = 0
        while position < count {
            if self[position] == first, position + part.count <= count,
                self[position..<position + part.count].elementsEqual(part)
            {
                result += other
                position += part.count
            } else {
                result.append(self[position])
                position += 1
            }
        }
        return result
    }
}
