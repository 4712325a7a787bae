import Codecs

/// What must hold for any bytes that are taken for a payload.
enum PayloadProperties {
    static func check(_ format: any PayloadFormat, _ bytes: CaseBytes) throws(PropertyFailure) {
        let limits = DecodingLimits()
        let tree = ValueTree()
        if let error = decodeError(format, bytes.span, tree, limits) {
            try require(
                (0...bytes.count).contains(error.offset), "an error stands outside of the payload", "\(error)")
            let again = decodeError(format, bytes.span, tree, limits)
            try require(
                again == error, "an error is another one the second time", "\(error), then \(String(describing: again))"
            )
            return
        }
        try checkTighterLimits(format, bytes)
        walk(tree)
        guard let first = try readable(format, tree, limits, bytes.count) else {
            try checkPlainEncoding(format, tree, nil, limits)
            return
        }
        let second = try readable(format, tree, limits, bytes.count)
        try require(second?.text == first.text, "the readable text is another one the second time")
        try checkWayBack(format, first, bytes, limits)
        try checkPlainEncoding(format, tree, first.text, limits)
        // The same tree, used for another message and then again for this one.
        for part in [bytes.array.prefix(bytes.count / 2), bytes.array.suffix(bytes.count / 2)] {
            let message = Array(part)
            let used = decodeError(format, message.span.bytes, tree, limits)
            let fresh = decodeError(format, message.span.bytes, ValueTree(), limits)
            try require(
                used == fresh, "a used tree gives another verdict than a new one",
                "\(String(describing: used)), not \(String(describing: fresh))")
            // The writer is to have been in the middle of the message again before the next part.
            _ = decodeError(format, bytes.span, tree, limits)
            _ = try readable(format, tree, limits, bytes.count)
        }
        let reused = decodeError(format, bytes.span, tree, limits)
        try require(reused == nil, "a used tree refuses what a new one took", "\(String(describing: reused))")
        let third = try readable(format, tree, limits, bytes.count)
        try require(third?.text == first.text, "a used tree gives another text than a new one")
    }

    struct Readable {
        var form: ReadableForm
        var text: [UInt8]
    }

    static func decodeError(
        _ format: any PayloadFormat, _ bytes: RawSpan, _ tree: ValueTree, _ limits: DecodingLimits
    ) -> PayloadError? {
        do throws(PayloadError) {
            try format.decode(bytes, into: tree, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    /// The readable text of what the tree holds; nil where a limit forbids it.
    static func readable(
        _ format: any PayloadFormat, _ tree: ValueTree, _ limits: DecodingLimits, _ payloadBytes: Int
    ) throws(PropertyFailure) -> Readable? {
        var text = ByteWriter()
        let form: ReadableForm
        do throws(PayloadError) {
            form = try format.writeReadable(tree, limits: limits, into: &text)
        } catch {
            try require(error.code == .overLimit, "what was read cannot be written as text", "\(error)")
            try require(text.count == 0, "an error leaves half a text behind")
            return nil
        }
        let array = text.array
        try require(array.allSatisfy { $0 >= 0x20 }, "a readable text holds control bytes", shown(array))
        let line = ValueTree()
        var lineLimits = limits
        lineLimits.maximumDepth = limits.maximumReadableDepth + 2
        let error = decodeError(JSONFormat(), array.span.bytes, line, lineLimits)
        try require(error == nil, "a readable text is no JSON", "\(String(describing: error)): \(shown(array))")
        try require(
            array.count <= limits.maximumText(ofPayloadBytes: payloadBytes), "a readable text is over its limit",
            "\(array.count) bytes from \(payloadBytes)")
        return Readable(form: form, text: array)
    }

    /// Exact forms give the very bytes, all others a payload with the same text.
    private static func checkWayBack(
        _ format: any PayloadFormat, _ readable: Readable, _ bytes: CaseBytes, _ limits: DecodingLimits
    ) throws(PropertyFailure) {
        let line = ValueTree()
        _ = decodeError(JSONFormat(), readable.text.span.bytes, line, limits)
        var payload = ByteWriter()
        do {
            try format.encodeReadable(
                readable.form.key, line.root, settings: readable.form.settings, limits: limits, into: &payload)
        } catch {
            if !readable.form.isExact, isExcused(error) { return }
            throw PropertyFailure(
                "a readable text that was written cannot be read", "\(error): \(shown(readable.text))")
        }
        if readable.form.isExact {
            try require(payload.array == bytes.array, "an exact form gives other bytes", shown(readable.text))
            return
        }
        try checkSame(format, payload.array, readable.text, limits, "through the text")
    }

    private static func checkPlainEncoding(
        _ format: any PayloadFormat, _ tree: ValueTree, _ text: [UInt8]?, _ limits: DecodingLimits
    ) throws(PropertyFailure) {
        var payload = ByteWriter()
        do throws(PayloadError) {
            try format.encode(tree.root, settings: tree.settings, into: &payload)
        } catch {
            if isExcused(error) { return }
            throw PropertyFailure("what was read cannot be encoded", "\(error)")
        }
        guard let text else { return }
        // JSON's text is the sender's own, spaces and escapes and all; that of the others shows the value alone.
        if format.name == "json" {
            let again = ValueTree()
            let error = decodeError(format, payload.bytes, again, limits)
            try require(error == nil, "an encoded value does not decode", "\(String(describing: error))")
            var twice = ByteWriter()
            do throws(PayloadError) { try format.encode(again.root, settings: again.settings, into: &twice) } catch {
                throw PropertyFailure("an encoded value cannot be encoded again", "\(error)")
            }
            try require(twice.array == payload.array, "encoding twice gives other bytes", shown(payload.array))
        } else {
            try checkSame(format, payload.array, text, limits, "through the nodes")
        }
    }

    /// What a text shows and no pickle is written from; a recording has `raw` beside it. Out-of-band buffers that were
    /// dropped or fetched twice, and cycles through values that cannot change that come back too often.
    private static func isExcused(_ error: PayloadError) -> Bool {
        error.code == .overLimit || error.code == .notRepresentable && error.reason.contains("buffer")
    }

    private static func checkSame(
        _ format: any PayloadFormat, _ payload: [UInt8], _ text: [UInt8], _ limits: DecodingLimits, _ way: String
    ) throws(PropertyFailure) {
        let tree = ValueTree()
        let error = decodeError(format, payload.span.bytes, tree, limits)
        try require(
            error == nil || error?.code == .overLimit, "what was encoded \(way) does not decode",
            "\(String(describing: error)): \(shown(text))")
        guard error == nil, let again = try readable(format, tree, limits, max(payload.count, text.count)) else {
            return
        }
        try require(
            again.text == text, "what was encoded \(way) reads as another value",
            "\(shown(text)) and \(shown(again.text))")
    }

    /// Lower limits may refuse, but not trap.
    private static func checkTighterLimits(_ format: any PayloadFormat, _ bytes: CaseBytes) throws(PropertyFailure) {
        var random = SeededGenerator(seed: bytes.hash)
        var limits = DecodingLimits()
        limits.maximumDepth = random.below(8)
        limits.maximumElements = random.below(40)
        limits.maximumMarks = random.below(8)
        limits.maximumMemoEntries = random.below(40)
        limits.maximumOpcodes = random.below(200)
        limits.maximumReadableDepth = random.below(6)
        limits.maximumExpandedBytes = random.below(200)
        let tree = ValueTree()
        if let error = decodeError(format, bytes.span, tree, limits) {
            try require(error.code == .overLimit, "a lower limit brings out another error", "\(error)")
            return
        }
        var text = ByteWriter()
        do throws(PayloadError) { _ = try format.writeReadable(tree, limits: limits, into: &text) } catch {
            try require(error.code == .overLimit, "a lower limit brings out another error of the text", "\(error)")
            return
        }
    }

    /// Looks at every node in all the ways that a cursor has.
    private static func walk(_ tree: ValueTree) {
        for index in 0..<UInt32(min(tree.nodeCount, 400)) {
            let value = Value(tree: tree, index: index)
            guard value.kind != .end else { continue }
            _ = (value.int, value.double, value.bool, value.string, value["a"]?.kind, value.sourceRange)
            for child in value.children.prefix(8) { _ = child.kind }
        }
    }

    /// The beginning of a text, for a message.
    static func shown(_ text: [UInt8]) -> String {
        String(decoding: text.prefix(400), as: UTF8.self) + (text.count > 400 ? "… (\(text.count) bytes)" : "")
    }
}
