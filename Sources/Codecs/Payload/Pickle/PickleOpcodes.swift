internal import Glibc

/// The opcodes of a pickle one after another, without their arguments. Ends before one that is not all there.
struct PickleOpcodes: IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        let code = bytes[position]
        let entry = PickleStep.table[Int(code)]
        var next = position + PickleStep.fixedBytes(of: entry)
        let mask = Int(UInt32(truncatingIfNeeded: entry))
        switch PickleStep.shape(of: entry) {
        case PickleStep.Shape.unknown: return nil
        case PickleStep.Shape.line: next = lineEnd(from: next)
        case PickleStep.Shape.twoLines: next = lineEnd(from: lineEnd(from: next))
        case PickleStep.Shape.count8: next += length(8)
        case PickleStep.Shape.signedCount: next += length(4)
        case PickleStep.Shape.count1, PickleStep.Shape.count4: next += length(mask == 0xFF ? 1 : 4)
        default: break
        }
        guard next <= bytes.count else { return nil }
        position = next
        return code
    }

    /// The length behind the opcode; more than the bytes there are where it cannot be.
    private func length(_ width: Int) -> Int {
        guard bytes.count - position > width else { return bytes.count }
        var length: UInt64 = 0
        for index in 0..<width { length |= UInt64(bytes[position + 1 + index]) << UInt64(8 * index) }
        return Int(min(length, UInt64(bytes.count)))
    }

    private func lineEnd(from start: Int) -> Int {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, 10, bytes.count - start)
        else { return bytes.count + 1 }
        return UnsafeRawPointer(found) - base + 1
    }
}
