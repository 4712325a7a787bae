package import Codecs

/// The first bytes of the streams of a recording, port by port, for a guess at what was spoken there.
package struct StreamStarts {
    private struct Key: Hashable {
        var session: Int
        var side: Side
    }

    private var wires: WireBytes
    private var starts: [Int: [Key: CodecGuess.Start]] = [:]

    /// How many streams of a port are looked at.
    private static let maximumStreams = 16

    package init(header: RecordingHeader) { wires = WireBytes(header: header) }

    /// Takes the bytes of an event that is a message.
    package mutating func add(_ event: TranscriptEvent) {
        wires.follow(event)
        guard case .message(let message) = event.kind, let port = wires.port(of: event.session),
            let bytes = try? wires.bytes(of: message, session: event.session)
        else { return }
        let key = Key(session: event.session, side: message.from)
        var found = starts[port] ?? [:]
        guard found.count < Self.maximumStreams || found[key] != nil else { return }
        var start = found[key] ?? CodecGuess.Start(bytes: [], isWhole: true)
        starts[port] = nil
        let room = CodecGuess.usefulBytes - start.bytes.count
        start.bytes += bytes.prefix(max(room, 0))
        if bytes.count > room { start.isWhole = false }
        // What was cut off is no whole stream, and its last message no whole one.
        if message.isPartial { start.isWhole = false }
        found[key] = start
        starts[port] = found
    }

    /// What each port speaks, as far as its bytes tell.
    package func guesses() -> [Int: CodecGuess] { starts.mapValues { CodecGuess(starts: Array($0.values)) } }
}
