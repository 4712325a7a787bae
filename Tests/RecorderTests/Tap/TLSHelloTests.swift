import Testing

@testable import Recorder

@Suite("TLS, told by its bytes")
struct TLSHelloTests {
    private static let record: [UInt8] = [0x17, 3, 3, 0, 2, 9, 9]

    @Test(
        "records are told by type, version and length, and by what stands behind them",
        arguments: [
            (record, true), (record + record, true), (record + [0x15], true), (record + [0x15, 3], true),
            (record.dropLast(), true), ([0x14, 3, 0, 0, 1], true), ([0x16, 3, 4, 0x48, 0], true),
            ([0x16, 3, 4, 0x48, 1], false), ([0x16, 3, 3, 0, 0], false), ([0x13, 3, 3, 0, 2], false),
            ([0x18, 3, 3, 0, 2], false), ([0x17, 2, 3, 0, 2], false), ([0x17, 3, 5, 0, 2], false),
            (record + [0x13], false), (record + [0x15, 2], false), (record + [0x15, 3, 5], false),
            ([0x17, 3, 3, 0], false), ([], false),
        ] as [([UInt8], Bool)])
    func inside(bytes: [UInt8], isInside: Bool) {
        #expect(bytes.withUnsafeBytes { TLSHello.isInside($0) } == isInside)
    }
}
