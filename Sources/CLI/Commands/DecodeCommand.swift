import ArgumentParser
import Codecs

/// `tapedeck decode`.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Read a message from stdin and print it as a line of JSON.",
        usage: "tapedeck decode --codec <codec> [--stream] [<options>]",
        discussion: """
            The line is what a recording has as "value" of the message. Raw bytes are
            printed as {"text":"…"} where they are printable UTF-8, else as
            {"base64":"…"}. Exactly one message is taken: an empty input and bytes
            behind the message are errors (behind a pickle's STOP anything may follow).
            With --stream every message is a line, which is out before the next one is
            waited for.

            Bad input: the byte offset on stderr, and status 2; with --stream what was
            good before is printed.

            Examples:
              tapedeck decode --codec pickle < values.pkl
              nc 127.0.0.1 12001 | tapedeck decode --codec json/content-length --stream
            """)

    @Option(
        help: ArgumentHelp("What is read, with its framing: see tapedeck codecs.", valueName: "codec"),
        transform: CodecArgument.codec)
    var codec: Codec

    @Flag(help: "Read any number of messages, a line each.")
    var stream = false

    @OptionGroup var limits: LimitOptions

    func run() throws {
        do {
            var decoding = StreamDecoding(codec: codec, limits: limits.limits)
            if stream { try decodeAll(&decoding) } else { try decodeOne(&decoding) }
        } catch let error as StreamError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func decodeAll(_ decoding: inout StreamDecoding) throws {
        var isOpen = true
        while isOpen {
            isOpen = try StandardStreams.read(into: &decoding.bytes)
            var lines = ByteWriter()
            var failure: StreamError?
            do throws(StreamError) {
                while try decoding.writeNext(isLast: !isOpen, into: &lines) {}
                if !isOpen { try decoding.checkEnd() }
            } catch {
                failure = error
            }
            // What was good is printed before what is wrong.
            guard try StandardStreams.write(lines.bytes) else { return }
            if let failure { throw failure }
        }
    }

    private func decodeOne(_ decoding: inout StreamDecoding) throws {
        var line = ByteWriter()
        var isFound = false
        var isOpen = true
        while isOpen {
            isOpen = try StandardStreams.read(into: &decoding.bytes)
            // Without frames of its own, all bytes are the message.
            if isOpen, !codec.framing.keepsBoundaries { continue }
            while try decoding.writeNext(isLast: !isOpen, into: &line, isOnly: isFound) { isFound = true }
            if isFound, decoding.isSelfDelimiting { break }
        }
        guard isFound else {
            try decoding.checkEnd()
            throw StreamError(description: "byte 0: there is no message: the input is empty")
        }
        if !decoding.isSelfDelimiting { try decoding.checkEnd() }
        _ = try StandardStreams.write(line.bytes)
    }
}
