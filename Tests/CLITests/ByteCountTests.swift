import Testing

@testable import CLI

@Suite("Sizes on the command line")
struct ByteCountTests {
    @Test(
        "are plain bytes, or have a unit",
        arguments: [("65536", 65_536), ("64KiB", 65_536), ("1MB", 1_000_000), ("2GiB", 2 << 30), ("0", 0), ("7B", 7)])
    func readsSizes(text: String, bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }

    @Test("are refused in any other form", arguments: ["", "KiB", "-1", "1.5MB", "9999999999GiB", "12 KiB", "1TB"])
    func refusesOthers(text: String) {
        #expect(ByteCount(argument: text) == nil)
    }
}
