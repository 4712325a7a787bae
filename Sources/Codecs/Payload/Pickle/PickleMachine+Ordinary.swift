/// Whether a pickle is an ordinary one: plain data in protocol 4 or 5, each opcode the one that CPython's pickler (and so
/// `PickleWriter`) writes there. What is said here may be no where the answer is yes, never the other way round: a pickle that is
/// not known to be ordinary is proved by writing it again.
///
/// With pushes, MEMOIZE and what makes containers alone, and nothing left on the stack, the opcodes stand in the order in which
/// the values are written. What remains to be seen is seen where it shows:
///
/// - of each number and length the shortest opcode, of each tuple that of its length;
/// - MEMOIZE directly behind all that is kept in the memo, and nowhere else (so that its numbers are those of the writer);
/// - lists, dicts and sets filled where they were made, before they were fetched, in batches of a thousand;
/// - frames of 64 KiB that begin before a value.
///
/// Which of its equal texts were one object is looked at when somebody asks (`PickleTextIdentity`).
extension PickleMachine {
    /// A list gets so many elements at once: one alone, or at least two; behind a full batch others may follow, also of one.
    @inline(__always)
    mutating func noteElements(_ list: ValueNode, count: Int, atLeast minimum: Int) {
        var isUsual = count >= minimum
        if list.count > 0 { isUsual = minimum > 1 && list.count % PickleEmitter.batchSize == 0 && count > 0 }
        if !isUsual || count > Int(PickleEmitter.batchSize) || list.has(ValueNode.isFetched) { isOrdinary = false }
    }

    /// A dict or set gets so many pairs or elements at once. Behind a full batch of it another has to follow, if an empty one: that
    /// is left to the writer.
    @inline(__always)
    mutating func noteFilling(_ target: ValueNode, count: Int, atLeast minimum: Int) {
        let isUsual = target.count == 0 && count >= minimum && count < Int(PickleEmitter.batchSize)
        if !isUsual || target.has(ValueNode.isFetched) { isOrdinary = false }
    }

    /// Opcodes beside those of most messages that an ordinary pickle may have.
    @inline(__always)
    mutating func noteSeldom(_ code: UInt8, _ at: Int) {
        switch code {
        case PickleOpcode.proto where at == 0: break
        case PickleOpcode.binBytes, PickleOpcode.addItems, PickleOpcode.long1: break
        default: isOrdinary = false
        }
    }

    /// Texts and bytes have one or four bytes of length; from 64 KiB on they stand between frames, which is left to the writer.
    @inline(__always)
    mutating func noteLength(_ count: Int, width: Int) {
        if width > 1, width > 4 || count < 256 || count >= PickleFrames.target { isOrdinary = false }
    }

    /// An integer with a length: more than 32 bits, in as few bytes as it needs.
    mutating func noteLong(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count < 5 || IntegerText.trimmed(bytes).count < bytes.count { isOrdinary = false }
    }

    // MARK: Frames

    /// A frame begins; `count` bytes are to be in it.
    mutating func noteFrame(_ at: Int, count: Int) {
        let isInPlace: Bool
        if frameEnd < 0 {
            isInPlace = at == 2 && input.load(as: UInt8.self) == PickleOpcode.proto
        } else {
            isInPlace =
                at == frameEnd && at >= frameStart &+ PickleFrames.headerCount &+ PickleFrames.target
                && Self.beginsValue(input.load(fromByteOffset: position, as: UInt8.self))
        }
        if !isInPlace || count < 4 { isOrdinary = false }
        // A batch's MARK stands before the frame, a tuple's behind it: none that may have been before is to be a tuple's.
        if at > 0, input.load(fromByteOffset: at &- 1, as: UInt8.self) == PickleOpcode.mark {
            framedHeight = max(framedHeight, stack.count)
        }
        frameStart = at
        frameEnd = position &+ count
        runEnd = min(end, position &+ PickleFrames.target)
    }

    /// Whether there is something to read where the run of opcodes ended: behind the 64 KiB of a frame no value may begin but in
    /// another one.
    @inline(never)
    mutating func goesOn() -> Bool {
        guard position < end else { return false }
        let code = input.load(fromByteOffset: position, as: UInt8.self)
        let isDoubled =
            code == PickleOpcode.mark
            && input.load(fromByteOffset: position &- 1, as: UInt8.self) == PickleOpcode.mark
        if Self.beginsValue(code) || isDoubled { isOrdinary = false }
        if !isOrdinary { runEnd = end }
        return true
    }

    /// Whether a value begins with an opcode; a MARK may begin one or not, and does not count.
    private static func beginsValue(_ code: UInt8) -> Bool {
        switch code {
        case PickleOpcode.mark, PickleOpcode.memoize, PickleOpcode.append, PickleOpcode.appends, PickleOpcode.setItem,
            PickleOpcode.setItems, PickleOpcode.addItems, PickleOpcode.tuple, PickleOpcode.tuple1,
            PickleOpcode.tuple2, PickleOpcode.tuple3, PickleOpcode.frame, PickleOpcode.stop:
            false
        default: true
        }
    }

    /// Whether the pickle that ends here was ordinary.
    func endsOrdinarily() -> Bool {
        isOrdinary && protocolVersion >= 4 && stack.count == 0 && marks.count == 0 && position == end
            && position == frameEnd
    }
}
