/// Reads one pickle into a tree.
///
/// Nothing is imported, looked up or called: what a pickle names stays a name, what it would call is kept as a call.
/// Accepted is what CPython's `Modules/_pickle.c` accepts, as far as that can be known without calling anything.
package enum PickleReader {
    /// Reads the pickle at the start of `payload` and gives the offset behind its STOP; what stands there is left alone, as
    /// `pickle.loads` does.
    @discardableResult
    package static func read(
        _ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits
    ) throws(PayloadError) -> Int {
        guard payload.byteCount <= limits.maximumFrameBytes else {
            throw PayloadError(
                .overLimit, at: limits.maximumFrameBytes,
                "the pickle has \(payload.byteCount) bytes; the limit is \(limits.maximumFrameBytes)"
            )
        }
        var machine = PickleMachine(limits: limits)
        swap(&machine.stack, &tree.stack)
        swap(&machine.marks, &tree.marks)
        swap(&machine.memo, &tree.memo)
        // Who wrote the message before may have left anything there: a writer that ended with an error, for one.
        machine.stack.truncate(to: 0)
        machine.marks.truncate(to: 0)
        machine.memo.truncate(to: 0)
        do throws(PayloadError) {
            try tree.build(from: payload) { builder throws(PayloadError) in
                try machine.run(payload.byteCount, &builder)
            }
        } catch {
            giveBack(&machine, to: tree)
            throw error
        }
        giveBack(&machine, to: tree)
        return machine.position
    }

    @inline(__always)
    private static func giveBack(_ machine: inout PickleMachine, to tree: ValueTree) {
        machine.stack.removeAll()
        machine.marks.removeAll()
        machine.memo.removeAll()
        swap(&machine.stack, &tree.stack)
        swap(&machine.marks, &tree.marks)
        swap(&machine.memo, &tree.memo)
    }
}
