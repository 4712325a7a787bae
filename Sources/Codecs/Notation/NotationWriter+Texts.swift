/// Short texts of ASCII with nothing to escape, as most are: copied in wide pieces with their quotes and what stands around them.
extension NotationWriter {
    /// Writes a key that is plain (`Keys.plain`), with its comma and colon. From where a text begins the tree has memory for sixteen
    /// bytes and more.
    @inline(__always)
    mutating func plainKey(_ key: UnsafeRawBufferPointer, isFirst: Bool, into output: inout ByteWriter) {
        output.appendUninitialized(capacity: ByteScan.shortBytes &+ 8) { target in
            guard let start = key.baseAddress, var base = target.baseAddress else { return 0 }
            // The quote is written over the comma of a first one.
            base.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
            if !isFirst { base += 1 }
            base.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            ByteScan.copyShort(from: start, key.count, to: base + 1)
            let end = UInt16(UInt8(ascii: "\"")) | UInt16(UInt8(ascii: ":")) << 8
            base.storeBytes(of: end.littleEndian, toByteOffset: key.count &+ 1, as: UInt16.self)
            return key.count &+ (isFirst ? 3 : 4)
        }
    }

    /// Writes a text without surrogates.
    @inline(__always)
    mutating func plainText(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        var isPlain = false
        if text.count <= ByteScan.shortBytes {
            output.appendUninitialized(capacity: ByteScan.shortBytes &+ 16) { target in
                guard let start = text.baseAddress, let base = target.baseAddress else { return 0 }
                base.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
                isPlain = ByteScan.isShortPlain(start, text.count)
                ByteScan.copyShort(from: start, text.count, to: base + 1)
                base.storeBytes(of: UInt8(ascii: "\""), toByteOffset: text.count &+ 1, as: UInt8.self)
                return isPlain ? text.count &+ 2 : 0
            }
        }
        if !isPlain { longText(text, into: &output) }
    }

    @inline(never)
    private mutating func longText(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        JSONString.write(text, into: &output)
    }
}
