import ArgumentParser
import Testing

@testable import CLI
@testable import Codecs

@Suite("Sizes and times")
struct LimitOptionsTests {
    @Test(
        "a size is a number of bytes with or without a unit",
        arguments: [
            ("0", 0), ("65536", 65_536), ("1B", 1), ("64KiB", 65_536), ("64kib", 65_536), ("1MB", 1_000_000),
            ("2MiB", 2_097_152), ("1GB", 1_000_000_000), ("3GiB", 3_221_225_472),
        ])
    func size(text: String, bytes: Int) { #expect(ByteCount(argument: text)?.bytes == bytes) }

    @Test(
        "anything else is no size",
        arguments: ["", "KiB", "-1", "1.5MB", "1 MB", "64K", "9223372036854775807GiB", "99999999999999999999", "٣"])
    func noSize(text: String) { #expect(ByteCount(argument: text) == nil) }

    @Test(
        "a time is a number of seconds with or without a unit",
        arguments: [
            ("0", .zero), ("2", .seconds(2)), ("1.5", .milliseconds(1_500)), ("2s", .seconds(2)),
            ("500ms", .milliseconds(500)), ("10us", .microseconds(10)), ("3m", .seconds(180)), ("1h", .seconds(3_600)),
            ("0.0000004", .zero),
        ] as [(String, Duration)])
    func time(text: String, duration: Duration) { #expect(TimeSpan(argument: text)?.duration == duration) }

    @Test(
        "anything else is no time",
        arguments: ["", "s", "-1", "1.2.3", "1 s", "1e3", "nan", "inf", "2d", "99999999999999999999h"])
    func noTime(text: String) { #expect(TimeSpan(argument: text) == nil) }

    @Test("without options the limits are the codecs' own")
    func defaults() throws { #expect(try LimitOptions.parse([]).limits == DecodingLimits()) }

    @Test("each option sets its limit and no other")
    func options() throws {
        let all: [(String, (inout DecodingLimits) -> Void)] = [
            ("--max-frame=100", { $0.maximumFrameBytes = 100 }), ("--max-depth=100", { $0.maximumDepth = 100 }),
            ("--max-elements=100", { $0.maximumElements = 100 }), ("--max-opcodes=100", { $0.maximumOpcodes = 100 }),
            ("--max-memo=100", { $0.maximumMemoEntries = 100 }),
            ("--max-expanded=1KiB", { $0.maximumExpandedBytes = 1024 }),
        ]
        for (option, set) in all {
            var expected = DecodingLimits()
            set(&expected)
            #expect(try LimitOptions.parse([option]).limits == expected, "\(option)")
        }
    }

    @Test(
        "a limit of nothing, or beyond what can be counted, is no limit",
        arguments: ["frame", "depth", "elements", "opcodes", "memo", "expanded"])
    func range(name: String) {
        for number in ["0", "-1", "99999999999999"] {
            let error = #expect(throws: (any Error).self) { try LimitOptions.parse(["--max-\(name)=\(number)"]) }
            #expect(error.map { LimitOptions.message(for: $0) }?.contains("--max-\(name)") == true)
        }
    }
}
