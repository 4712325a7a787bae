import Codecs

/// Text that decodes is the only text of its bytes, and any bytes come back.
enum Base64Properties {
    static func check(_ bytes: CaseBytes) throws(PropertyFailure) {
        var decoded = ByteWriter()
        do throws(PayloadError) {
            try Base64.decode(bytes.span, into: &decoded)
            let again = Array(Base64.encode(decoded.array).utf8)
            if again != bytes.array { fatalError("two texts stand for the same bytes") }
        } catch {
            try require((0...bytes.count).contains(error.offset), "an error stands outside of the text", "\(error)")
        }
        let text = Array(Base64.encode(bytes.array).utf8)
        var back = ByteWriter()
        do throws(PayloadError) { try Base64.decode(text.span.bytes, into: &back) } catch {
            throw PropertyFailure("what was encoded does not decode", "\(error)")
        }
        try require(back.array == bytes.array, "bytes do not come back")
    }
}
