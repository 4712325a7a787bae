import ArgumentParser
import Codecs

/// A number of bytes: `65536`, `64KiB`, `1MB`.
struct ByteCount: ExpressibleByArgument, Equatable {
    let bytes: Int

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let units = [
            "": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 1_000, "MB": 1_000_000,
            "GB": 1_000_000_000,
        ]
        guard let number = Int(digits),
            let unit = units[argument.dropFirst(digits.count).uppercased()]
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}

/// A time: `2s`, `500ms`, `1.5`, plain seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let duration: Duration

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units = ["": 1.0, "s": 1.0, "ms": 0.001, "us": 0.000_001, "m": 60.0, "h": 3_600.0]
        guard let number = Double(digits), let unit = units[String(argument.dropFirst(digits.count))],
            number * unit < 1e9
        else { return nil }
        duration = .microseconds(Int64((number * unit * 1_000_000).rounded()))
    }
}

/// The limits of what is read from a socket or a file.
struct LimitOptions: ParsableArguments {
    @Option(
        name: .customLong("max-frame"),
        help: ArgumentHelp(
            "Bytes of one frame; a longer one is refused as soon as its length is known (default: 64MiB).",
            valueName: "size"))
    var frame: ByteCount?

    @Option(
        name: .customLong("max-depth"),
        help: ArgumentHelp("Levels of nesting; a deeper value is refused (default: 10000).", valueName: "levels"))
    var depth: Int?

    @Option(
        name: .customLong("max-elements"),
        help: ArgumentHelp("Values in one message; more are refused (default: 4194304).", valueName: "count"))
    var elements: Int?

    @Option(
        name: .customLong("max-opcodes"),
        help: ArgumentHelp("Opcodes of one pickle; more are refused (default: 16777216).", valueName: "count"))
    var opcodes: Int?

    @Option(
        name: .customLong("max-memo"),
        help: ArgumentHelp(
            "Entries of a pickle's memo, and of its stack; more are refused (default: 4194304).", valueName: "count"))
    var memoEntries: Int?

    @Option(
        name: .customLong("max-expanded"),
        help: ArgumentHelp(
            "Bytes of JSON that a message may become; the bytes of one that would be longer are kept as base64, and decode refuses it. Never more than four times the message and 1MiB (default: 256MiB).",
            valueName: "size"))
    var expanded: ByteCount?

    /// The limits that are meant.
    var limits: DecodingLimits {
        var limits = DecodingLimits()
        if let frame { limits.maximumFrameBytes = frame.bytes }
        if let depth { limits.maximumDepth = depth }
        if let elements { limits.maximumElements = elements }
        if let opcodes { limits.maximumOpcodes = opcodes }
        if let memoEntries { limits.maximumMemoEntries = memoEntries }
        if let expanded { limits.maximumExpandedBytes = expanded.bytes }
        return limits
    }

    func validate() throws {
        try Self.check(frame?.bytes, upTo: Int(Int32.max), "--max-frame", unit: " bytes")
        try Self.check(depth, upTo: 1 << 28, "--max-depth")
        try Self.check(elements, upTo: 1 << 28, "--max-elements")
        try Self.check(opcodes, upTo: Int(Int32.max), "--max-opcodes")
        try Self.check(memoEntries, upTo: 1 << 28, "--max-memo")
        try Self.check(expanded?.bytes, upTo: 1 << 40, "--max-expanded", unit: " bytes")
    }

    private static func check(_ number: Int?, upTo most: Int, _ option: String, unit: String = "") throws {
        guard let number, !(1...most).contains(number) else { return }
        throw ValidationError("\(option) is from 1 to \(most)\(unit)")
    }
}
