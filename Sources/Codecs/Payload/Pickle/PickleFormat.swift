/// Python's pickles, protocols 0 to 5, as data.
package struct PickleFormat: NotationFormat {
    package let name = "pickle"
    package let defaultSettings = WritingSettings(protocolVersion: 4)

    package init() {}

    package func mayBegin(with bytes: RawSpan) -> Bool {
        guard bytes.byteCount > 1 else { return true }
        let first = bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let second = bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self)
        // A STRING is quoted.
        if first == UInt8(ascii: "S") { return second == UInt8(ascii: "'") || second == UInt8(ascii: "\"") }
        return PickleOpcode.opcode(of: first) != nil
    }

    package func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        try PickleReader.read(payload, into: tree, limits: limits)
    }

    package func encode(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        try PickleWriter.write(value, settings: settings, into: &output)
    }

    package func check(readFromText tree: ValueTree) throws(PayloadError) { try PickleMeaning.check(tree) }

    package func writeReadable(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        try ValueNotation.write(tree, limits: limits, into: &output)
        if let settings = PickleWriter.exactSettings(of: tree) {
            return ReadableForm(key: .value, isExact: true, settings: settings)
        }
        let settings = WritingSettings(protocolVersion: tree.settings.protocolVersion)
        return ReadableForm(key: .value, isExact: false, settings: settings)
    }
}
