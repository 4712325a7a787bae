/// What the payload of a frame means: pickle, JSON, plain bytes.
///
/// A format is a plain value that carries its settings. It reads a payload into a tree of flat values, and it knows the
/// readable form in which a recording keeps the message.
package protocol PayloadFormat: Sendable {
    /// The name that stands before the slash in a codec's: `pickle`.
    var name: String { get }
    /// Whether payloads hold values, rather than plain bytes: then a client can be told something in them.
    var isStructured: Bool { get }
    /// How a payload is written where nothing else is said (the pickle protocol), for a recording's header.
    var defaultSettings: WritingSettings { get }

    /// Whether a payload may begin with these bytes. Right where that can be told from a few, so that who speaks another
    /// protocol need not be waited for.
    func mayBegin(with bytes: RawSpan) -> Bool

    /// Reads a whole payload.
    func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError)

    /// Appends the payload of a value, as `settings` say.
    func encode(_ value: Value, settings: WritingSettings, into output: inout ByteWriter) throws(PayloadError)

    /// The key under which the message that `tree` holds stands in a recording.
    func readableKey(of tree: ValueTree) -> ReadableForm.Key

    /// Appends the JSON text that stands in a recording under that key for the message that `tree` holds.
    /// Fails only on `DecodingLimits`; the message is kept as base64 then.
    func writeReadable(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm

    /// Appends the member in which the message that `tree` holds stands in a recording: `,"value":…`, the key and that text.
    /// Fails as `writeReadable` does; what it has appended then is for the caller to take back.
    func writeMember(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm

    /// Appends the text of one value of a message of this format, as `writeReadable` writes it inside the whole.
    /// Fails only on `DecodingLimits`.
    func writeText(
        of value: Value, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError)

    /// Appends the payload that a recording's text stands for: the reverse of `writeReadable`. `value` is what the JSON
    /// text under `key` reads as.
    func encodeReadable(
        _ key: ReadableForm.Key, _ value: Value, settings: WritingSettings, limits: DecodingLimits,
        into output: inout ByteWriter
    ) throws(PayloadError)
}

/// How a message stands in a recording.
package struct ReadableForm: Sendable, Hashable {
    /// The key of the readable form.
    package enum Key: String, Sendable, CaseIterable {
        case value
        case text
        case base64

        /// How the member begins that has this key: `,"value":`.
        package var member: StaticString {
            switch self {
            case .value: ",\"value\":"
            case .text: ",\"text\":"
            case .base64: ",\"base64\":"
            }
        }
    }

    package var key: Key
    /// Whether `encodeReadable` with these settings gives the very payload back.
    package var isExact: Bool
    /// How the payload was written.
    package var settings: WritingSettings

    package init(key: Key, isExact: Bool, settings: WritingSettings = WritingSettings()) {
        self.key = key
        self.isExact = isExact
        self.settings = settings
    }
}

extension PayloadFormat {
    package var isStructured: Bool { true }
    package func mayBegin(with bytes: RawSpan) -> Bool { true }
    package var defaultSettings: WritingSettings { WritingSettings() }

    package func readableKey(of tree: ValueTree) -> ReadableForm.Key { .value }

    package func writeMember(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        output.append(readableKey(of: tree).member)
        return try writeReadable(tree, limits: limits, into: &output)
    }
}
