/// What the scan knows of a value on a pickle's stack.
struct ScanValue {
    enum Kind: UInt8 {
        /// None, a number, a container: never a text.
        case plain
        case bytes
        /// A text (an 8-bit string too): `offset` and `count` say where it stands in the bytes that are scanned.
        case text
        /// A text that does not stand there as it is: `offset` is its index in the log's texts.
        case keptText
        /// A tuple of a text and the text `latin1`: what `_codecs.encode` may be called with.
        case latin1Arguments
        /// A name that was imported: `offset` is its index in the log's names.
        case global
        /// What a call of such a name gives.
        case made
        /// Anything: what something unknown gives.
        case unknown
    }

    var kind: Kind
    /// A text of 8-bit characters: what it reads as is the unpickler's setting.
    var isLegacy = false
    var offset: UInt32 = 0
    var count: UInt32 = 0

    static let plain = ScanValue(kind: .plain)
    static let unknown = ScanValue(kind: .unknown)

    init(kind: Kind, offset: Int = 0, count: Int = 0) {
        self.kind = kind
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    var isText: Bool { kind == .text || kind == .keptText }
    /// Whether it may turn out to be a text that is not known here.
    var mayBeText: Bool { kind == .made || kind == .global || kind == .unknown }
}
