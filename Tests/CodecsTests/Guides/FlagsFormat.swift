@testable package import Codecs

/// Lists of booleans, a byte each: 0 or 1.
package struct FlagsFormat: NotationFormat {
    package let name = "flags"

    package init() {}

    package func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        guard payload.byteCount < limits.maximumElements else {
            throw PayloadError(.overLimit, at: 0, "the message has more values than \(limits.maximumElements)")
        }
        try tree.build(from: payload) { builder throws(PayloadError) in
            let list = builder.append(ValueNode(kind: .list))
            for offset in 0..<payload.byteCount {
                let byte = payload.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                guard byte < 2 else {
                    throw PayloadError(.malformed, at: offset, "a flag is 0 or 1, this byte is \(byte)")
                }
                builder.appendChild(builder.append(ValueNode(kind: byte == 1 ? .true : .false)), to: list)
            }
            return list
        }
    }

    package func encode(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        let start = output.count
        guard value.kind == .list else {
            throw PayloadError(.notRepresentable, at: 0, "flags cannot hold \(value.kind.phrase)")
        }
        for flag in value.children {
            guard let isSet = flag.bool else {
                output.truncate(to: start)
                throw PayloadError(.notRepresentable, at: 0, "flags cannot hold \(flag.kind.phrase)")
            }
            output.append(isSet ? 1 : 0)
        }
    }
}
