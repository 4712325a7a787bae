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

/// The limits of what is read from a socket.
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

    /// The limits that are meant.
    var limits: DecodingLimits {
        var limits = DecodingLimits()
        if let frame { limits.maximumFrameBytes = frame.bytes }
        if let depth { limits.maximumDepth = depth }
        if let elements { limits.maximumElements = elements }
        return limits
    }

    func validate() throws {
        if let frame, frame.bytes < 1 || frame.bytes > Int(Int32.max) {
            throw ValidationError("--max-frame is from 1 byte to 2147483647 bytes")
        }
        if let depth, depth < 1 { throw ValidationError("--max-depth is at least 1") }
        if let elements, elements < 1 || elements > 1 << 28 {
            throw ValidationError("--max-elements is from 1 to \(1 << 28)")
        }
    }
}
