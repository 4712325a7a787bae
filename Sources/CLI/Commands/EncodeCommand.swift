import ArgumentParser
import Codecs

/// `tapedeck encode`.
struct EncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Write the message that a JSON text on stdin describes: the reverse of decode.",
        usage: "tapedeck encode --codec <codec> [--stream] [<options>]",
        discussion: """
            The text is what a recording has as "value" of a message; for a raw codec it
            is {"text":"…"} or {"base64":"…"}. Exactly one is taken. With --stream each
            line of the input is a message (empty lines are passed over), and its bytes
            are out before the next line is waited for.

            Bad input: the byte offset on stderr, and status 2; with --stream what was
            good before is written.

            Examples:
              echo '{"message":"hi","id":3}' | tapedeck encode --codec pickle > hi.pkl
              tapedeck encode --codec raw/u32be --stream < lines > frames
            """)

    @Option(
        help: ArgumentHelp("What is written, with its framing: see tapedeck codecs.", valueName: "codec"),
        transform: CodecArgument.codec)
    var codec: Codec

    @Flag(help: "Take any number of messages, a line each.")
    var stream = false

    @Option(
        name: .customLong("protocol"), help: ArgumentHelp("Pickle protocol, 0 to 5 (default: 4).", valueName: "number"))
    var protocolVersion: Int?

    @OptionGroup var limits: LimitOptions

    func validate() throws {
        if let protocolVersion, !(0...5).contains(protocolVersion) {
            throw ValidationError("--protocol is a number from 0 to 5")
        }
        if protocolVersion != nil, codec.payload.defaultSettings.protocolVersion == nil {
            throw ValidationError("--protocol is the pickle protocol; \(codec.name) has none")
        }
    }

    func run() throws {
        var settings = codec.payload.defaultSettings
        if settings.protocolVersion != nil, let protocolVersion { settings.protocolVersion = protocolVersion }
        let encoding = LineEncoding(codec: codec, settings: settings, limits: limits.limits)
        do {
            if stream { try encodeAll(encoding) } else { try encodeOne(encoding) }
        } catch let error as StreamError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func encodeOne(_ encoding: LineEncoding) throws {
        let text = try StandardStreams.contents(of: "-", limit: Int(Int32.max))
        var output = ByteWriter()
        guard !LineEncoding.isBlank(text[...]) else {
            throw StreamError(description: "byte 0: there is no message: the input is empty")
        }
        try encoding.write(text[...], at: 0, into: &output)
        _ = try StandardStreams.write(output.bytes)
    }

    private func encodeAll(_ encoding: LineEncoding) throws {
        var bytes: [UInt8] = []
        var offset = 0
        var searched = 0
        var isOpen = true
        while isOpen {
            isOpen = try StandardStreams.read(into: &bytes)
            var output = ByteWriter()
            var failure: StreamError?
            var start = 0
            do throws(StreamError) {
                while let end = bytes[max(start, searched)...].firstIndex(of: 10)
                    ?? (isOpen || start == bytes.count ? nil : bytes.count)
                {
                    let line = bytes[start..<end]
                    if !LineEncoding.isBlank(line) { try encoding.write(line, at: offset + start, into: &output) }
                    start = min(end + 1, bytes.count)
                    searched = start
                }
            } catch {
                failure = error
            }
            // What was good is written before what is wrong.
            guard try StandardStreams.write(output.bytes) else { return }
            if let failure { throw failure }
            bytes.removeFirst(start)
            offset += start
            searched = bytes.count
        }
    }
}
