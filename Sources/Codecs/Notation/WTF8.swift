/// UTF-8 in which lone surrogates may stand as three bytes each, as CPython's `surrogatepass` takes it.
enum WTF8 {
    enum Verdict {
        case valid
        /// UTF-8, but for surrogates that stand as three bytes each.
        case hasSurrogates
        /// Where the first wrong sequence starts.
        case invalid(Int)
    }

    /// Whether all bytes are below 0x80. May look at up to seven bytes behind the text.
    @inline(__always)
    static func isASCII(_ text: UnsafeRawPointer, _ count: Int) -> Bool {
        var bits: UInt64 = 0
        var offset = 0
        while count &- offset >= 8 {
            bits |= text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        if offset < count {
            let last = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            bits |= last &<< UInt64(truncatingIfNeeded: 64 &- (count &- offset) &* 8)
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    static func check(_ text: UnsafeRawPointer, _ count: Int) -> Verdict {
        var offset = 0
        var hasSurrogates = false
        while offset < count {
            let first = text.load(fromByteOffset: offset, as: UInt8.self)
            if first < 0x80 {
                offset &+= 1
                while count &- offset >= 8,
                    text.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    offset &+= 8
                }
                continue
            }
            // The second byte's range keeps out overlong forms and what lies above U+10FFFF.
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: length = 4
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return .invalid(offset)
            }
            guard count &- offset >= length else { return .invalid(offset) }
            let next = text.load(fromByteOffset: offset &+ 1, as: UInt8.self)
            guard second.contains(next) else { return .invalid(offset) }
            if first == 0xED, next >= 0xA0 { hasSurrogates = true }
            var index = 2
            while index < length {
                guard text.load(fromByteOffset: offset &+ index, as: UInt8.self) & 0xC0 == 0x80 else {
                    return .invalid(offset)
                }
                index &+= 1
            }
            offset &+= length
        }
        return hasSurrogates ? .hasSurrogates : .valid
    }

    /// Appends a code point as UTF-8; a surrogate becomes three bytes.
    static func append(_ point: UInt32, to text: inout [UInt8]) {
        func byte(_ bits: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: bits) }
        switch point {
        case ..<0x80: text.append(byte(point))
        case ..<0x800: text += [byte(0xC0 | point >> 6), byte(0x80 | point & 0x3F)]
        case ..<0x10000:
            text += [byte(0xE0 | point >> 12), byte(0x80 | point >> 6 & 0x3F), byte(0x80 | point & 0x3F)]
        default:
            text += [
                byte(0xF0 | point >> 18), byte(0x80 | point >> 12 & 0x3F), byte(0x80 | point >> 6 & 0x3F),
                byte(0x80 | point & 0x3F),
            ]
        }
    }
}
