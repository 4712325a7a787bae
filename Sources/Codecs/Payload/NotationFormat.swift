/// A binary format that is kept in a recording in the value notation (`ValueNotation`), or as base64 where that fails.
///
/// A conformer writes `decode` and `encode`; how a message stands in a recording, and back, comes with the protocol.
package protocol NotationFormat: PayloadFormat {
    /// Refuses what the notation can say and the format's own reader would not take back.
    func check(readFromText tree: ValueTree) throws(PayloadError)
}

extension NotationFormat {
    package func check(readFromText tree: ValueTree) throws(PayloadError) {}

    package func writeReadable(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        try ValueNotation.write(tree, limits: limits, into: &output)
        let settings = tree.settings
        return ReadableForm(key: .value, isExact: givesBack(tree, settings), settings: settings)
    }

    package func writeText(
        of value: Value, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        try ValueNotation.write(value.tree, from: value.index, limits: limits, into: &output)
    }

    /// Whether writing the tree's value gives the payload that it was read from, to the byte.
    func givesBack(_ tree: ValueTree, _ settings: WritingSettings) -> Bool {
        var written = ByteWriter(lent: ())
        swap(&written, &tree.scratch)
        defer {
            written.removeAll()
            swap(&written, &tree.scratch)
        }
        written.removeAll()
        do throws(PayloadError) {
            try encode(tree.root, settings: settings, into: &written)
        } catch {
            return false
        }
        return written.withUnsafeBytes { ContentHash.areEqual($0, tree.payload) }
    }

    package func encodeReadable(
        _ key: ReadableForm.Key, _ value: Value, settings: WritingSettings, limits: DecodingLimits,
        into output: inout ByteWriter
    ) throws(PayloadError) {
        switch key {
        case .value:
            let tree = ValueTree()
            try ValueNotation.read(value, into: tree, limits: limits)
            try check(readFromText: tree)
            try encode(tree.root, settings: settings, into: &output)
        case .base64:
            guard let text = value.text else {
                throw PayloadError(.notRepresentable, at: 0, "\"base64\" must be a JSON string")
            }
            try Base64.decode(text.span.bytes, into: &output)
        case .text:
            throw PayloadError(
                .notRepresentable, at: 0, "a \(name) message stands under \"value\" or \"base64\", not \"text\"")
        }
    }
}
