/// The readable form of values that JSON has no kinds for: one JSON text that keeps values, kinds, order, sharing, cycles
/// and calls. Each format that reads into such values is kept in it (see `NotationFormat`).
///
/// What JSON has stands as itself; all else is an object whose first key is a tag that starts with `$`:
///
/// | value | text |
/// | --- | --- |
/// | an integer of 2^53 or more, a NaN or infinity | `{"$int":"9007199254740992"}`, `{"$float":"nan"}` |
/// | a float of 32 bits | `{"$float32":0.1}`; like `$float` where it is no finite number |
/// | bytes: printable ASCII, any | `{"$bytes":"text"}`, `{"$b64":"AP8="}` |
/// | a bytearray, bytes sent as text | `{"$bytearray":"text"}`, `{"$str2":{"$b64":"/w=="}}` |
/// | bytes with a type number | `{"$ext":[5,"text"]}`, `{"$ext":[-1,{"$b64":"AAAAAA=="}]}` |
/// | a tuple, a set | `{"$tuple":[1,2]}`, `{"$set":[1]}`, `{"$frozenset":[]}` |
/// | a map whose keys are no distinct texts, or start with `$` | `{"$dict":[[1,"a"],[1,"b"]]}` |
/// | a name, a code of pickle's registry, a call | `{"$global":"os:name"}`, `{"$ext":5}`, `{"$call":"m:f","args":[]}` |
///
/// A value that stands in two places is written once, as `{"$def":1,"v":...}`, and `{"$ref":1}` in the other places, so
/// that the text is linear in the message. How the bytes were chosen (memo numbers, opcodes, longer headers than needed)
/// is not kept. No name is looked up, nothing is called.
package enum ValueNotation {
    /// Appends the text of the tree's value.
    ///
    /// Takes time linear in the tree, also where nodes are shared. Fails with `.overLimit` where the text is longer than
    /// `limits.maximumText(ofPayloadBytes:)` or nested deeper than `limits.maximumReadableDepth`, and with
    /// `.notRepresentable` for nodes that it has no form for; `output` is as before then.
    package static func write(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        try write(tree, from: tree.rootIndex, limits: limits, into: &output)
    }

    /// The same of one value of the tree and what hangs on it.
    package static func write(
        _ tree: ValueTree, from root: UInt32, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        let start = output.count
        var writer = NotationWriter(tree, limits: limits, start: start)
        do throws(PayloadError) {
            // Where nothing hangs on the value, counting would cost as much as the whole tree.
            if tree.hasFetchedNodes, SharedNodes.hasChildren(tree.node(at: root)) {
                SharedNodes.count(from: root, of: tree, visits: &tree.visits, stack: &tree.stack)
                writer.visits = tree.visits.base
            }
            try writer.write(root, into: &output, stack: &tree.stack)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    /// Reads the text's value, a value of JSON, into nodes.
    ///
    /// `tree` is not the tree of `json`; it takes a copy of its payload. Fails with `.notRepresentable`, at the offset of
    /// the JSON value in its payload, where an object's first key is a tag that this is not, or a tag's value is not what
    /// the tag takes.
    package static func read(
        _ json: Value, into tree: ValueTree, limits: DecodingLimits
    ) throws(PayloadError) {
        let source = json.tree
        let payload = source.payload
        try tree.build(from: payload.bytes) { builder throws(PayloadError) in
            var reader = NotationReader(source, payloadCount: payload.count, limits: limits)
            return try reader.read(
                json.index, into: &builder, values: &tree.stack, frames: &tree.marks, definitions: &tree.memo
            )
        }
    }
}
