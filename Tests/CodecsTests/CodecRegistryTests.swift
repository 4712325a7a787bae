import Codecs
import Testing

@Suite("The registry") struct CodecRegistryTests {
    @Test(
        "finds a codec by its name",
        arguments: [
            ("json", "json/lines"), ("raw", "raw/u32be"), ("json/concat", "json/concat"),
            ("json/u32be+4", "json/u32be+4"),
            ("raw/u8", "raw/u8"), ("raw/u64le+64", "raw/u64le+64"), ("raw/chunks", "raw/chunks"), ("raw/mp", "raw/mp"),
            ("json/content-length", "json/content-length"), ("json/varint", "json/varint"),
        ])
    func findsByName(_ name: String, _ full: String) throws {
        #expect(try CodecRegistry.codec(named: name).name == full)
    }

    @Test(
        "says what there is and what was meant",
        arguments: [
            ("pikle2", "unknown payload \"pikle2\"", "There are: "),
            ("jsno", "did you mean \"json\"?", "There are: "),
            ("json/line", "unknown framing \"line\" of json: did you mean \"lines\"?", "concat, nul, rs"),
            ("json/", "the framing is missing", "lines"), ("", "the payload is missing", "json"),
            ("json/chunks", "unknown framing \"chunks\" of json.", "There are: lines"),
            ("raw/u32be+65", "\"+65\" is no count", "u32be+4"), ("raw/u32be+0", "\"+0\" is no count", ""),
            ("raw/u32be+", "\"+\" is no count", ""), ("raw/u32be+04", "\"+04\" is no count", ""),
            ("raw/u32be+99999999999999999999", "is no count", ""), ("raw/lines+2", "lines has no variant", ""),
            ("js\u{1B}[2Jon", "unknown payload \"js?[2Jon\"", ""),
        ])
    func explainsUnknownNames(_ name: String, _ first: String, _ second: String) {
        let error = #expect(throws: CodecNameError.self) { try CodecRegistry.codec(named: name) }
        #expect(error?.description.contains(first) == true, "\(error?.description ?? "")")
        #expect(second.isEmpty || error?.description.contains(second) == true, "\(error?.description ?? "")")
    }

    @Test("has no name twice, and a summary of everything")
    func listIsComplete() {
        let names = CodecRegistry.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(CodecRegistry.payloads.allSatisfy { !$0.summary.isEmpty && !$0.framings.isEmpty })
        #expect(CodecRegistry.all.allSatisfy { !$0.framing.summary.isEmpty })
    }
}
