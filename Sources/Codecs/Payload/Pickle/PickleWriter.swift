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
        var emitter = PickleEmitter(value.tree, version: version, strings: settings.strings)
        do throws(PayloadError) {
            try emit(value.index, of: value.tree, with: &emitter, into: &output)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    private static func emit(
        _ root: UInt32, of tree: ValueTree, with emitter: inout PickleEmitter, into output: inout ByteWriter
    ) throws(PayloadError) {
        defer {
            tree.memo.removeAll()
            tree.visits.removeAll()
        }
        try emitter.write(root, into: &output, stack: &tree.stack, memo: &tree.memo, table: &tree.visits)
    }

    /// The way to write the tree's value that gives the very pickle that it was read from; nil where there is none.
    ///
    /// Of an ordinary pickle the reader has seen all but the ways of texts. Else each way is followed as far as its bytes are
    /// right, and one that cannot write other bytes than one before is not tried.
    static func exactSettings(of tree: ValueTree) -> WritingSettings? {
        if tree.isOrdinaryPickle, let strings = PickleTextIdentity.find(in: tree) {
            return WritingSettings(protocolVersion: tree.settings.protocolVersion, strings: strings)
        }
        return writtenSettings(of: tree)
    }

    /// The same, found by writing.
    static func writtenSettings(of tree: ValueTree) -> WritingSettings? {
        var settings = WritingSettings(protocolVersion: tree.settings.protocolVersion)
        guard let version = settings.protocolVersion, (0...5).contains(version) else { return nil }
        var written = ByteWriter(lent: ())
        swap(&written, &tree.scratch)
        defer {
            written.removeAll()
            swap(&written, &tree.scratch)
        }
        for strings in StringIdentity.allCases {
            settings.strings = strings
            written.removeAll()
            var emitter = PickleEmitter(tree, version: version, strings: strings, expected: tree.payload)
            do throws(PayloadError) {
                try emit(tree.rootIndex, of: tree, with: &emitter, into: &written)
                if written.withUnsafeBytes({ ContentHash.areEqual($0, tree.payload) }) { return settings }
            } catch {
                // The error of a value that cannot be written, or of other bytes.
            }
            if !emitter.hasSharedTexts { return nil }
        }
        return nil
    }
}
