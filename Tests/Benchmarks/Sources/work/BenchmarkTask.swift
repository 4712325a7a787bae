import Codecs

/// One kind of work on one message, in memory that is kept from time to time, as an event loop keeps it (and as there, not
/// checked for overlapping access).
protocol BenchmarkTask: AnyObject {
    init(_ message: [UInt8]) throws
    func run() throws
}

/// What a task that does not do its work fails with.
struct WrongResult: Error {
    var what: String
}

extension PayloadFormat {
    fileprivate func read(_ message: [UInt8], into tree: ValueTree) throws(PayloadError) {
        try decode(message.span.bytes, into: tree, limits: DecodingLimits())
    }
}

enum Task {
    /// Every kind, under the name that `bench_codecs.py` asks for.
    static var all: [String: any BenchmarkTask.Type] {
        [
            "pickle-scan": PickleScan.self, "pickle-decode": PickleDecode.self, "pickle-text": PickleText.self,
            "pickle-line": PickleLine.self, "pickle-encode": PickleEncode.self, "json-scan": JSONScan.self,
            "json-tape": JSONTape.self, "json-line": JSONLine.self, "json-encode": JSONEncode.self,
        ]
    }
}

/// Finds the end of a message in a stream, with the scanner that finds those of all its messages.
final class PickleScan: BenchmarkTask {
    private let message: [UInt8]
    @exclusivity(unchecked) private var scanner = PickleStreamScanner(limits: DecodingLimits())

    init(_ message: [UInt8]) { self.message = message }

    func run() throws {
        let message = message
        let frame = try scanner.nextFrame(in: message.span.bytes)
        guard frame?.frameBytes == message.count else { throw WrongResult(what: "the end is another") }
    }
}

/// Reads a message into nodes.
final class PickleDecode: BenchmarkTask {
    private let message: [UInt8]
    private let tree = ValueTree()

    init(_ message: [UInt8]) { self.message = message }

    func run() throws { try PickleFormat().read(message, into: tree) }
}

/// Reads a message and writes its notation.
final class PickleText: BenchmarkTask {
    private let message: [UInt8]
    private let tree = ValueTree()
    @exclusivity(unchecked) private var output = ByteWriter(capacity: 4 << 10)

    init(_ message: [UInt8]) { self.message = message }

    func run() throws {
        try PickleFormat().read(message, into: tree)
        output.removeAll(keeping: 64 << 20)
        try ValueNotation.write(tree, limits: DecodingLimits(), into: &output)
    }
}

/// Reads a message and writes what a recording's line has of it, which takes the proof that the bytes come back.
final class PickleLine: BenchmarkTask {
    private let message: [UInt8]
    private let tree = ValueTree()
    @exclusivity(unchecked) private var output = ByteWriter(capacity: 4 << 10)

    init(_ message: [UInt8]) { self.message = message }

    func run() throws {
        try PickleFormat().read(message, into: tree)
        output.removeAll(keeping: 64 << 20)
        let form = try PickleFormat().writeReadable(tree, limits: DecodingLimits(), into: &output)
        guard form.isExact else { throw WrongResult(what: "the bytes do not come back") }
    }
}

/// Writes a message's nodes as bytes.
final class PickleEncode: BenchmarkTask {
    private let tree = ValueTree()
    private let settings: WritingSettings
    @exclusivity(unchecked) private var output = ByteWriter(capacity: 4 << 10)

    init(_ message: [UInt8]) throws {
        try PickleFormat().read(message, into: tree)
        var text = ByteWriter()
        settings = try PickleFormat().writeReadable(tree, limits: DecodingLimits(), into: &text).settings
    }

    func run() throws {
        output.removeAll(keeping: 64 << 20)
        try PickleFormat().encode(tree.root, settings: settings, into: &output)
        guard output.count == tree.payload.count else { throw WrongResult(what: "other bytes are written") }
    }
}

/// Finds the end of a message in a stream of lines.
final class JSONScan: BenchmarkTask {
    private let line: [UInt8]
    @exclusivity(unchecked) private var scanner = LineFraming(skipsBlank: true).makeScanner(limits: DecodingLimits())

    init(_ message: [UInt8]) { line = message + [UInt8(ascii: "\n")] }

    func run() throws {
        let line = line
        let frame = try scanner.nextFrame(in: line.span.bytes)
        guard frame?.frameBytes == line.count else { throw WrongResult(what: "the end is another") }
    }
}

/// Checks a text and makes nodes of it.
final class JSONTape: BenchmarkTask {
    private let message: [UInt8]
    private let tree = ValueTree()

    init(_ message: [UInt8]) { self.message = message }

    func run() throws { try JSONFormat().read(message, into: tree) }
}

/// Checks a text, and writes what a recording's line has of it.
final class JSONLine: BenchmarkTask {
    private let message: [UInt8]
    private let tree = ValueTree()
    @exclusivity(unchecked) private var output = ByteWriter(capacity: 4 << 10)

    init(_ message: [UInt8]) { self.message = message }

    func run() throws {
        try JSONFormat().read(message, into: tree)
        output.removeAll(keeping: 64 << 20)
        let form = try JSONFormat().writeReadable(tree, limits: DecodingLimits(), into: &output)
        guard form.isExact else { throw WrongResult(what: "the bytes do not come back") }
    }
}

/// Writes a message's nodes as JSON.
final class JSONEncode: BenchmarkTask {
    private let tree = ValueTree()
    @exclusivity(unchecked) private var output = ByteWriter(capacity: 4 << 10)

    init(_ message: [UInt8]) throws { try JSONFormat().read(message, into: tree) }

    func run() throws {
        output.removeAll(keeping: 64 << 20)
        try JSONFormat().encode(tree.root, settings: JSONFormat().defaultSettings, into: &output)
        guard output.count == tree.payload.count else { throw WrongResult(what: "other bytes are written") }
    }
}
