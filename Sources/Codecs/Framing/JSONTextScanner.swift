/// Finds the end of one JSON text, without checking it: brackets are counted, strings skipped. Resumes where it stood.
///
/// What begins with neither bracket nor quote ends before white space, a bracket that opens, a quote, or a byte that stands in
/// no number or literal.
struct JSONTextScanner {
    private enum State { case unstarted, nested, string, escape, scalar }

    private var state = State.unstarted
    private var depth = 0
    /// Bytes read, from the start of what it was given.
    var position: Int

    init(at position: Int) { self.position = position }

    /// Whether the text ends where the stream does: a number or a literal.
    var isScalar: Bool { state == .scalar }

    /// Reads on; true when `position` is the text's end.
    mutating func reachesEnd(in bytes: UnsafeRawBufferPointer) -> Bool {
        while position < bytes.count {
            switch state {
            case .unstarted: start(with: bytes[position])
            case .nested: if skipTokens(bytes) { return true }
            case .string: if skipString(bytes) { return true }
            case .escape:
                position &+= 1
                state = .string
            case .scalar:
                guard Self.isOfScalar(bytes[position]) else { return true }
                position &+= 1
            }
        }
        return false
    }

    private mutating func start(with byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): state = .nested
        case UInt8(ascii: "\""):
            state = .string
            position &+= 1
        default: state = .scalar
        }
    }

    private mutating func skipTokens(_ bytes: UnsafeRawBufferPointer) -> Bool {
        while position < bytes.count {
            let byte = bytes[position]
            position &+= 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                if depth == 0 { return true }
            case UInt8(ascii: "\""):
                state = .string
                return false
            default: break
            }
        }
        return false
    }

    private mutating func skipString(_ bytes: UnsafeRawBufferPointer) -> Bool {
        while position < bytes.count {
            if position &+ 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                // Bytes of 80 or more are neither; without them the high bits say nothing else.
                let found =
                    (ByteScan.bytes(equalTo: 0x22, word) | ByteScan.bytes(equalTo: 0x5C, word))
                    & ~word & ByteScan.highBits
                if found == 0 {
                    position &+= 8
                    continue
                }
                position &+= ByteScan.firstIndex(found)
            }
            let byte = bytes[position]
            position &+= 1
            if byte == UInt8(ascii: "\\") {
                state = .escape
                return false
            }
            if byte == UInt8(ascii: "\"") {
                state = .nested
                return depth == 0
            }
        }
        return false
    }

    /// Digits, letters, signs and the point.
    @inline(__always)
    static func isOfScalar(_ byte: UInt8) -> Bool {
        byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: ".")
    }

    /// Whether a JSON text may begin with that byte.
    static func mayStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "n"),
            UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
