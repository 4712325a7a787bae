import Recorder
import Testing

@Suite("Bytes as rows of hexadecimal digits") struct HexDumpTests {
    /// What `hexdump -C` prints for these bytes.
    private static let expected = """
        00000000  00 07 0e 15 1c 23 2a 31  38 3f 46 4d 54 5b 62 69  |.....#*18?FMT[bi|
        00000010  70 77 7e 85 8c 93 9a a1  a8 af b6 bd c4 cb d2 d9  |pw~.............|
        00000020  e0 e7 ee f5 fc 74 61 70  65 64 65 63 6b 7c 7e 7f  |.....tapedeck|~.|
        00000030  1b 5b 32 4a                                       |.[2J|

        """
    private static let bytes =
        stride(from: 0, to: 256, by: 7).map { UInt8($0) } + Array("tapedeck|~\u{7F}\u{1B}[2J".utf8)

    @Test("look as hexdump -C prints them")
    func rows() {
        #expect(HexDump.rows(Self.bytes, limit: .max, indent: 0) == Self.expected)
        #expect(HexDump.rows([], limit: 5).isEmpty)
    }

    @Test("are cut at the limit, and say how many there are", arguments: [51, 52, 53])
    func limit(limit: Int) {
        let rows = HexDump.rows(Self.bytes, limit: limit, indent: 2).split(separator: "\n")
        #expect(rows.count == (limit < 52 ? 5 : 4))
        #expect((rows.last == "  … (52 bytes)") == (limit < 52))
        #expect(rows.allSatisfy { $0.count <= 80 && $0.hasPrefix("  ") })
    }
}
