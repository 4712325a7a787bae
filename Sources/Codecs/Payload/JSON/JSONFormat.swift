/// JSON (RFC 8259), kept as it was sent: number text, order and repetition of names, escapes, spaces.
package struct JSONFormat: PayloadFormat {
    package let name = "json"

    package init() {}

    package func mayBegin(with bytes: RawSpan) -> Bool {
        for offset in 0..<min(bytes.byteCount, 64) {
            switch bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"): return true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return true
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return true
            default: return false
            }
        }
        return true
    }

    package func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        let count = payload.byteCount
        guard count <= Int(Int32.max) else {
            throw PayloadError(.overLimit, at: 0, "the payload has \(count) bytes, at most \(Int32.max) can be read")
        }
        try tree.build(from: payload) { builder throws(PayloadError) in
            try JSONReader.read(&builder, count: count, limits: limits)
        }
    }

    /// Appends the value without spaces. Kinds that JSON lacks are an error that names them.
    package func encode(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        try JSONWriter.write(value, into: &output)
    }

    /// Appends the text of the message verbatim, under `value`. White space around it, and line breaks and tabs in it, cannot
    /// stand in a recording's line: they are left out, and the form is not exact then. Nothing but white space can hold
    /// such bytes, so the value is the same.
    package func writeReadable(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        try checkDepth(of: tree, limits)
        guard let range = tree.root.sourceRange, range.upperBound <= tree.payload.count else {
            throw PayloadError(.notRepresentable, at: 0, "the message was not read from JSON")
        }
        guard range.count <= limits.maximumExpandedBytes else { throw .textOverLimit(limits.maximumExpandedBytes) }
        let text = UnsafeRawBufferPointer(rebasing: tree.payload[range])
        let isOneLine = Self.write(text, into: &output)
        return ReadableForm(key: .value, isExact: isOneLine && text.count == tree.payload.count)
    }

    /// Appends the piece of the message that the value was read from.
    package func writeText(
        of value: Value, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        let payload = value.tree.payload
        guard let range = value.sourceRange, range.lowerBound >= 0, range.upperBound <= payload.count else {
            throw PayloadError(.notRepresentable, at: 0, "the value was not read from JSON")
        }
        guard range.count <= limits.maximumExpandedBytes else { throw .textOverLimit(limits.maximumExpandedBytes) }
        _ = Self.write(UnsafeRawBufferPointer(rebasing: payload[range]), into: &output)
    }

    /// Appends the text on one line; true where it is verbatim.
    private static func write(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
        let isOneLine = !holdsControls(text)
        if isOneLine { output.append(text) } else { appendOnOneLine(text, into: &output) }
        return isOneLine
    }

    /// Appends the payload: under `value` the very text of the value, where it was read from JSON; under `base64` the bytes.
    /// A JSON message has no `text`.
    package func encodeReadable(
        _ key: ReadableForm.Key, _ value: Value, settings: WritingSettings, limits: DecodingLimits,
        into output: inout ByteWriter
    ) throws(PayloadError) {
        switch key {
        case .value:
            guard let range = value.sourceRange, range.lowerBound >= 0, range.upperBound <= value.tree.payload.count
            else { return try JSONWriter.write(value, into: &output) }
            output.append(UnsafeRawBufferPointer(rebasing: value.tree.payload[range]))
        case .base64:
            guard let text = value.text else {
                throw PayloadError(.notRepresentable, at: 0, "\"base64\" must be a JSON string")
            }
            try Base64.decode(text.span.bytes, into: &output)
        case .text:
            throw PayloadError(
                .notRepresentable, at: 0, "a JSON message stands under \"value\" or \"base64\", not \"text\"")
        }
    }

    private func checkDepth(of tree: ValueTree, _ limits: DecodingLimits) throws(PayloadError) {
        // Each level takes two nodes, so that a short message needs no look.
        guard tree.nodeCount / 2 > limits.maximumReadableDepth else { return }
        var depth = 0
        for index in 0..<tree.nodeCount {
            switch tree.nodes[index].kind {
            case .list, .map: depth &+= 1
            case .end: depth &-= 1
            default: continue
            }
            if depth > limits.maximumReadableDepth {
                let offset = Int(tree.nodes[index].high)
                let limit = limits.maximumReadableDepth
                throw PayloadError(
                    .overLimit, at: offset, "more than \(limit) levels of nesting are not written as JSON")
            }
        }
    }

    private static func holdsControls(_ text: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position &+ 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if ByteScan.controls(word) & ~word & ByteScan.highBits != 0 { return true }
            position &+= 8
        }
        while position < text.count {
            if text[position] < 0x20 { return true }
            position &+= 1
        }
        return false
    }

    /// Appends the text with each run of white space that holds a line break or tab taken out; behind a comma a space stands
    /// for it.
    private static func appendOnOneLine(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        var run = 0
        var position = 0
        while position < text.count {
            guard text[position] < 0x20 else {
                position &+= 1
                continue
            }
            var end = position
            while end > run, text[end &- 1] == 0x20 { end &-= 1 }
            output.append(UnsafeRawBufferPointer(rebasing: text[run..<end]))
            if end > 0, text[end &- 1] == UInt8(ascii: ",") { output.append(UInt8(ascii: " ")) }
            while position < text.count, text[position] <= 0x20 { position &+= 1 }
            run = position
        }
        output.append(UnsafeRawBufferPointer(rebasing: text[run...]))
    }
}
