internal import Codecs
internal import Recorder

/// What a request says, as a number, but for what a client may make up: identifiers, and the numbers under echoed names. So
/// requests that differ in nothing else are found by one look-up.
struct RequestShape: Hashable {
    private static let maximumDepth = 1_000

    let number: UInt64

    /// The shape of a message's readable form; nil where it has none that says anything.
    init?(_ form: ReadableForm.Key, text: [UInt8], echoed: Set<[UInt8]>, reading tree: ValueTree) {
        var limits = DecodingLimits.recordedText(within: DecodingLimits())
        // Looked at by recursion.
        limits.maximumDepth = Self.maximumDepth
        do throws(PayloadError) {
            try JSONFormat().decode(text.span.bytes, into: tree, limits: limits)
        } catch {
            return nil
        }
        let hash = ContentHash()
        // Of bytes nothing is known but how many there are.
        let content =
            form == .base64 ? UInt64(tree.root.text?.count ?? 0) : Self.hash(tree.root, echoed, hash)
        number = hash.hash(content, UInt64(form.rawValue.utf8.count))
    }

    private static func hash(_ value: Value, _ echoed: Set<[UInt8]>, _ hash: ContentHash) -> UInt64 {
        switch value.kind {
        case .list: value.children.reduce(1) { hash.hash($0, Self.hash($1, echoed, hash)) }
        case .map:
            // In any order.
            value.entries.reduce(2) { sum, entry in
                let isEchoed =
                    !echoed.isEmpty && entry.value.kind == .number && JSONNumber.isInteger(entry.value.content)
                    && entry.key.text.map(echoed.contains) == true
                let member = isEchoed ? 9 : Self.hash(entry.value, echoed, hash)
                return sum &+ hash.hash(hash.hash(Self.hash(entry.key, [], hash), member), 3)
            }
        case .string:
            (value.text ?? []).withUnsafeBytes { hasIdentifier($0) ? hash.hash(4, 4) : hash.hash(hash.hash($0), 4) }
        case .number:
            IdentifierShape.isIdentifier(value.content) ? hash.hash(5, 5) : hash.hash(hash.hash(value.content), 5)
        case .true: hash.hash(6, 6)
        case .false: hash.hash(7, 7)
        default: hash.hash(8, 8)
        }
    }

    private static func hasIdentifier(_ text: UnsafeRawBufferPointer) -> Bool {
        var found = false
        IdentifierTokens.visit(text: text) { token, _, _ in
            found = found || IdentifierShape.isIdentifier(token)
            return found
        }
        return found
    }
}
