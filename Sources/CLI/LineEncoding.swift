import Codecs

/// Makes a message's bytes of the JSON text that describes it.
struct LineEncoding {
    let codec: Codec
    let settings: WritingSettings
    let limits: DecodingLimits
    private let tree = ValueTree()

    init(codec: Codec, settings: WritingSettings, limits: DecodingLimits) {
        self.codec = codec
        self.settings = settings
        self.limits = limits
    }

    /// Whether there is nothing but white space.
    static func isBlank(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    /// Appends the frame of the message that a text describes; `offset` is where the text stands in the input.
    func write(_ text: ArraySlice<UInt8>, at offset: Int, into output: inout ByteWriter) throws(StreamError) {
        do throws(PayloadError) {
            try JSONFormat().decode(text.span.bytes, into: tree, limits: limits)
        } catch {
            throw StreamError(description: "byte \(offset + error.offset): \(error.reason)")
        }
        let (key, value) = try form(at: offset)
        var payload = ByteWriter()
        do throws(PayloadError) {
            try codec.payload.encodeReadable(key, value, settings: settings, limits: limits, into: &payload)
        } catch {
            throw StreamError(description: "byte \(offset + error.offset): \(error.reason)")
        }
        do throws(FramingError) {
            try codec.framing.write(payload: payload.bytes, into: &output)
        } catch {
            throw StreamError(description: "byte \(offset): \(codec.name) cannot carry this message: \(error.reason)")
        }
    }

    /// Which form the text has, and its value.
    private func form(at offset: Int) throws(StreamError) -> (ReadableForm.Key, Value) {
        if codec.payload.isStructured { return (.value, tree.root) }
        if tree.root.kind == .map, tree.root.childCount == 2 {
            for key in [ReadableForm.Key.text, .base64] {
                if let value = tree.root[key.rawValue], value.kind == .string { return (key, value) }
            }
        }
        throw StreamError(
            description: "byte \(offset): a \(codec.payload.name) message is {\"text\":\"…\"} or {\"base64\":\"…\"}")
    }
}
