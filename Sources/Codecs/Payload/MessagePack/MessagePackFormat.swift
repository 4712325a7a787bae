/// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md).
///
/// nil, booleans, integers, floats of 64 and of 32 bits, str, bin, arrays, maps (any keys, their order and repetition kept)
/// and ext with its type. A str that is no UTF-8 is kept as the bytes it has. Written is the smallest form of each value,
/// as Python's `msgpack.packb` does; a message that its sender wrote otherwise is recorded with its bytes beside it.
package struct MessagePackFormat: NotationFormat {
    package let name = "msgpack"

    package init() {}

    package func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        try MessagePackReader.read(payload, into: tree, limits: limits)
    }

    package func encode(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        try MessagePackWriter.write(value, into: &output)
    }
}
