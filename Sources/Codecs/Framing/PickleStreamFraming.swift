import Glibc

/// The framing of pickles that follow each other: a frame is one pickle, and ends behind its STOP opcode.
package struct PickleStreamFraming: Framing {
    package let name = "stream"
    package let beginsWithPayload = true
    package let summary = "pickles one after another: each ends with its STOP opcode"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> PickleStreamScanner { PickleStreamScanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = Int(Int32.max)
        limits.maximumOpcodes = Int(Int32.max)
        var scanner = PickleStreamScanner(limits: limits)
        let frame: FrameExtent?
        do throws(FramingError) {
            frame = try scanner.nextFrame(in: payload)
        } catch {
            throw FramingError(
                .cannotCarry, at: error.offset, "this framing carries whole pickles only: \(error.reason)")
        }
        guard let frame else {
            throw FramingError(
                .cannotCarry, at: payload.byteCount, "this framing carries whole pickles only: this one has no STOP"
            )
        }
        guard frame.frameBytes == payload.byteCount else {
            throw FramingError(
                .cannotCarry, at: frame.frameBytes, "bytes behind a pickle's STOP would be read as the next message"
            )
        }
        output.append(payload)
    }
}

/// Finds the STOP of one pickle after another.
///
/// It keeps where the next opcode stands and, inside an argument that is a line, how far the search for its end has come.
/// An argument with a length that is not all there yet costs a look at the length again.
package struct PickleStreamScanner: FrameScanner {
    private let maximumFrameBytes: Int
    private let maximumOpcodes: Int
    /// Where the next opcode stands; of an unfinished line argument, its own opcode.
    private var position = 0
    private var opcodes = 0
    /// Lines that the opcode at `position` still lacks, and where the search for a line feed goes on.
    private var linesLeft = 0
    private var lineSearch = 0

    package init(limits: DecodingLimits) {
        maximumFrameBytes = limits.maximumFrameBytes
        maximumOpcodes = limits.maximumOpcodes
    }

    @inline(__always)
    package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
        try bytes.withUnsafeBytes { buffer throws(FramingError) in try scan(buffer) }
    }

    /// What is found depends on the bytes alone, not on how they are cut: nothing behind the limit is looked at, and of two
    /// faults the one that stands first is named.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(FramingError) -> FrameExtent? {
        guard let base = bytes.baseAddress else { return nil }
        let count = min(bytes.count, maximumFrameBytes)
        let table = PickleStep.table
        var position = position
        var opcodes = opcodes
        while true {
            position = stepOver(base, from: position, count, table, &opcodes)
            self.position = position
            guard position < count else { break }
            let entry = table[Int(base.load(fromByteOffset: position, as: UInt8.self))]
            if PickleStep.shape(of: entry) == PickleStep.Shape.stop {
                try checkOpcodes(opcodes &+ 1, base)
                self.position = 0
                self.opcodes = 0
                return FrameExtent(payload: 0..<position &+ 1, frameBytes: position &+ 1)
            }
            let next: Int?
            do throws(FramingError) {
                next = try step(entry, base, count)
            } catch {
                try checkOpcodes(opcodes, base)
                throw error
            }
            guard let next else { break }
            position = next
            opcodes &+= 1
        }
        self.opcodes = opcodes
        try checkOpcodes(opcodes, base)
        if count == maximumFrameBytes { throw tooLong() }
        return nil
    }

    /// Steps over the common opcodes, as long as eight bytes stand behind each, and gives where the first other one stands.
    @inline(__always)
    private func stepOver(
        _ base: UnsafeRawPointer, from start: Int, _ count: Int, _ table: UnsafePointer<UInt64>, _ opcodes: inout Int
    ) -> Int {
        var position = start
        let last = count &- 9
        while position <= last {
            let code = base.load(fromByteOffset: position, as: UInt8.self)
            switch PickleStep.shape(of: table[Int(code)]) {
            case PickleStep.Shape.bytes1: position &+= 1
            case PickleStep.Shape.bytes2: position &+= 2
            case PickleStep.Shape.bytes3: position &+= 3
            case PickleStep.Shape.bytes5: position &+= 5
            case PickleStep.Shape.bytes9: position &+= 9
            case PickleStep.Shape.count1:
                let next = position &+ 2 &+ Int(base.load(fromByteOffset: position &+ 1, as: UInt8.self))
                guard next <= count else { return position }
                position = next
            case PickleStep.Shape.count4:
                let length = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position &+ 1, as: UInt32.self))
                let next = position &+ 5 &+ Int(length)
                guard next <= count else { return position }
                position = next
            default: return position
            }
            opcodes &+= 1
        }
        return position
    }

    /// Where the opcode behind the one at `position` stands, or nil while this one is not all there.
    private mutating func step(
        _ entry: UInt64, _ base: UnsafeRawPointer, _ count: Int
    ) throws(FramingError) -> Int? {
        var next = position &+ PickleStep.fixedBytes(of: entry)
        let shape = PickleStep.shape(of: entry)
        switch shape {
        case PickleStep.Shape.unknown:
            let code = base.load(fromByteOffset: position, as: UInt8.self)
            throw FramingError(.malformed, at: position, "\(PickleOpcode.name(of: code)) is not a pickle opcode")
        case PickleStep.Shape.line, PickleStep.Shape.twoLines:
            return stepLines(shape == PickleStep.Shape.line ? 1 : 2, base, count)
        case _ where next > maximumFrameBytes: throw tooLong(base, UInt64(next &- position))
        case PickleStep.Shape.bytes1...PickleStep.Shape.count4:
            let mask = UInt32(truncatingIfNeeded: entry)
            guard count &- position > (mask == 0xFF ? 1 : mask == 0 ? 0 : 4) else { return nil }
            var length: UInt32 = 0
            if mask == 0xFF {
                length = UInt32(base.load(fromByteOffset: position &+ 1, as: UInt8.self))
            } else if mask != 0 {
                length = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position &+ 1, as: UInt32.self))
            }
            next &+= Int(length)
        case PickleStep.Shape.signedCount:
            guard next <= count else { return nil }
            let length = Int32(littleEndian: base.loadUnaligned(fromByteOffset: position &+ 1, as: Int32.self))
            guard length >= 0 else {
                let name = PickleOpcode.name(of: base.load(fromByteOffset: position, as: UInt8.self))
                throw FramingError(.malformed, at: position, "\(name) has a negative length")
            }
            next &+= Int(length)
        default:
            guard next <= count else { return nil }
            let length = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position &+ 1, as: UInt64.self))
            guard length <= UInt64(maximumFrameBytes), next &+ Int(length) <= maximumFrameBytes else {
                throw tooLong(base, length)
            }
            if shape == PickleStep.Shape.count8 { next &+= Int(length) }
        }
        if next > maximumFrameBytes { throw tooLong(base, UInt64(next &- position)) }
        return next <= count ? next : nil
    }

    private mutating func stepLines(_ lines: Int, _ base: UnsafeRawPointer, _ count: Int) -> Int? {
        if linesLeft == 0 {
            linesLeft = lines
            lineSearch = position &+ 1
        }
        while linesLeft > 0 {
            guard lineSearch < count, let found = memchr(base + lineSearch, 10, count &- lineSearch) else {
                lineSearch = max(lineSearch, count)
                return nil
            }
            lineSearch = UnsafeRawPointer(found) - base + 1
            linesLeft &-= 1
        }
        return lineSearch
    }

    private func checkOpcodes(_ opcodes: Int, _ base: UnsafeRawPointer) throws(FramingError) {
        guard opcodes > maximumOpcodes else { return }
        let offset = offset(ofOpcode: maximumOpcodes, base)
        throw FramingError(.tooLong, at: offset, "the pickle has more than \(maximumOpcodes) opcodes")
    }

    /// Where the opcode of a number, from 0, stands; all before it have been stepped over. Looked up for an error only.
    private func offset(ofOpcode number: Int, _ base: UnsafeRawPointer) -> Int {
        var again = self
        again.position = 0
        again.linesLeft = 0
        let end = position
        for _ in 0..<number where again.position < end {
            let entry = PickleStep.table[Int(base.load(fromByteOffset: again.position, as: UInt8.self))]
            guard let next = try? again.step(entry, base, end) else { break }
            again.position = next
        }
        return again.position
    }

    private func tooLong() -> FramingError {
        FramingError(
            .tooLong, at: maximumFrameBytes, "no STOP opcode within the limit of \(maximumFrameBytes) bytes per message"
        )
    }

    private func tooLong(_ base: UnsafeRawPointer, _ claimed: UInt64) -> FramingError {
        let name = PickleOpcode.name(of: base.load(fromByteOffset: position, as: UInt8.self))
        return FramingError(
            .tooLong, at: position,
            "\(name) claims \(claimed) bytes, over the limit of \(maximumFrameBytes) per message"
        )
    }
}
