/// The frames of protocol 4 and up (PEP 3154): an opcode and eight bytes of length before some 64 KiB of opcodes.
///
/// A frame ends at the first value that begins behind its 64 KiB; texts and bytes of 64 KiB and more stand between frames;
/// fewer than four bytes stand without a frame.
struct PickleFrames {
    static let target = 64 << 10
    static let headerCount = 9

    /// Where the open frame's header stands; below 0 without frames.
    private(set) var openStart = -1
    /// The count of bytes from which on a frame is full.
    private(set) var boundary = Int.max

    @inline(__always)
    mutating func begin(_ output: inout ByteWriter) {
        openStart = output.count
        boundary = openStart &+ Self.headerCount &+ Self.target
        output.append(0x95)
        output.appendLittleEndian(UInt64(0))
    }

    /// Ends the open frame: its length is known now.
    mutating func end(_ output: inout ByteWriter) {
        guard openStart >= 0 else { return }
        let count = output.count &- openStart &- Self.headerCount
        if count >= 4 {
            output.replaceLittleEndian(at: openStart &+ 1, with: UInt64(count))
        } else {
            var kept: (UInt8, UInt8, UInt8) = (0, 0, 0)
            let first = openStart &+ Self.headerCount
            output.withUnsafeBytes { bytes in
                if count > 0 { kept.0 = bytes[first] }
                if count > 1 { kept.1 = bytes[first &+ 1] }
                if count > 2 { kept.2 = bytes[first &+ 2] }
            }
            output.truncate(to: openStart)
            if count > 0 { output.append(kept.0) }
            if count > 1 { output.append(kept.1) }
            if count > 2 { output.append(kept.2) }
        }
        openStart = -1
        boundary = .max
    }

    /// Called before each value: begins a new frame where the open one is full.
    @inline(__always)
    mutating func beforeValue(_ output: inout ByteWriter) {
        if output.count >= boundary {
            end(&output)
            begin(&output)
        }
    }

    /// Appends a header and bytes, between two frames where they are as long as one.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer, headerCount: Int, to output: inout ByteWriter) {
        output.append(bytes)
        if bytes.count >= Self.target, openStart >= 0 { moveOut(bytes.count + headerCount, &output) }
    }

    /// Takes the last bytes of the open frame out of it.
    private mutating func moveOut(_ count: Int, _ output: inout ByteWriter) {
        let before = output.count &- openStart &- Self.headerCount &- count
        if before >= 4 {
            output.replaceLittleEndian(at: openStart &+ 1, with: UInt64(before))
        } else {
            output.remove(Self.headerCount, at: openStart)
        }
        begin(&output)
    }
}
