/// Writes pickles, byte for byte as CPython's `pickle.dumps` does (Modules/_pickle.c): memo entries, batches of a
/// thousand, frames of 64 KiB.
///
/// What a protocol has no opcode for is written with the first opcode that has it. Names are written as they are, also
/// those that protocols below 3 spell as Python 2 did.
package enum PickleWriter {
    /// Appends the pickle of a value of a pickle's tree.
    ///
    /// Takes time linear in the tree; where immutable values stand on cycles, a few times that at most. Fails with
    /// `.notRepresentable` for nodes that no pickle reads into and for protocols other than 0 to 5, and with `.overLimit`
    /// for cycles that no pickle can make; `output` is as before then.
    package static func write(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        let version = settings.protocolVersion ?? 4
        guard (0...5).contains(version) else {
            throw PayloadError(.notRepresentable, at: 0, "pickles are written in protocols 0 to 5, not \(version)")
        }
        let start = output.count
        let tree = value.tree
        defer {
            tree.memo.removeAll()
            tree.visits.removeAll()
        }
        var writer = PickleEmitter(tree, version: version, strings: settings.strings)
        do throws(PayloadError) {
            try writer.write(
                value.index, into: &output, stack: &tree.stack, memo: &tree.memo, table: &tree.visits
            )
        } catch {
            output.truncate(to: start)
            throw error
        }
    }
}
