package import Codecs

/// What a message says, as a number: the same for the same value, whatever its white space, the order of its keys, or the
/// protocol that it was pickled with.
///
/// It is made of the readable form, so that a message on the wire and one in a recording are known to be alike. The numbers
/// are those of one process only.
package struct MessageContent: Hashable, Sendable {
    private static let maximumDepth = 1_000

    private let number: UInt64

    /// The content of the readable form that a recording has.
    ///
    /// - Parameter tree: what the form is read into, for whoever asks for many.
    package init(_ form: ReadableForm.Key, text: RawSpan, reading tree: ValueTree = ValueTree()) {
        var limits = DecodingLimits.recordedText(within: DecodingLimits())
        // Looked at by recursion.
        limits.maximumDepth = Self.maximumDepth
        let hash = ContentHash()
        let content: UInt64
        do throws(PayloadError) {
            try JSONFormat().decode(text, into: tree, limits: limits)
            content = Self.hash(of: tree.root, hash)
        } catch {
            content = text.withUnsafeBytes { hash.hash($0) }
        }
        number = hash.hash(content, UInt64(form.rawValue.utf8.count))
    }

    private static func hash(of value: Value, _ hash: ContentHash) -> UInt64 {
        switch value.kind {
        case .list: value.children.reduce(1) { hash.hash($0, Self.hash(of: $1, hash)) }
        case .map:
            // In any order.
            value.entries.reduce(2) {
                $0 &+ hash.hash(hash.hash(Self.hash(of: $1.key, hash), Self.hash(of: $1.value, hash)), 3)
            }
        case .string: hash.hash((value.text ?? []).withUnsafeBytes { hash.hash($0) }, 4)
        case .number: hash.hash(hash.hash(value.content), 5)
        case .true: hash.hash(6, 6)
        case .false: hash.hash(7, 7)
        default: hash.hash(8, 8)
        }
    }
}
