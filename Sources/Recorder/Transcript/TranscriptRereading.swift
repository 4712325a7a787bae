package import Codecs

/// Reads the bytes that a recording keeps with another codec: each direction's bytes of each session are put together again
/// and cut into new messages.
///
/// A new message stands where the bytes that complete it stood, and has its bytes beside it. What does not read is an event with its error, and the rest
/// of that direction stays bytes.
package struct TranscriptRereading {
    /// The codec that a port's bytes are read with.
    package typealias Choice = (_ port: Int) -> Codec?

    private struct Key: Hashable {
        var session: Int
        var side: Side
    }

    /// One direction of a session.
    private struct Stream {
        var reader: MessageReader
        var bytes: [UInt8] = []
        var isLost = false
    }

    private let limits: DecodingLimits
    private let choice: Choice
    private var wires: WireBytes
    private var streams: [Key: Stream] = [:]
    private let tree = ValueTree()

    /// Reads what was recorded with `header`; `choice` gives the new codec of a port, nil where it stays as it is.
    package init(header: RecordingHeader, limits: DecodingLimits = DecodingLimits(), choice: @escaping Choice) {
        self.limits = limits
        self.choice = choice
        wires = WireBytes(header: header, limits: limits)
    }

    /// What a header says of the ports, read anew.
    package func header(_ header: RecordingHeader) -> RecordingHeader {
        var changed = header
        for (index, port) in header.ports.enumerated() {
            guard let codec = port.number.flatMap(choice) else { continue }
            changed.ports[index].codec = codec.name
            changed.ports[index].settings = codec.payload.defaultSettings
        }
        return changed
    }

    /// What stands in the place of an event.
    package mutating func events(for event: TranscriptEvent) -> [TranscriptEvent] {
        wires.follow(event)
        switch event.kind {
        case .message(let message):
            // A message whose bytes are not known is shown as it was recorded.
            guard let codec = codec(of: event.session),
                let bytes = try? wires.bytes(of: message, session: event.session)
            else { return [event] }
            return read(bytes, from: message.from, codec, event)
        case .closed:
            let ends = Side.allCases.flatMap { finish(event.session, $0, event) }
            return ends + [event]
        case .ended, .resumed:
            let ends = streams.keys.sorted { ($0.session, $0.side.rawValue) < ($1.session, $1.side.rawValue) }
                .flatMap { finish($0.session, $0.side, event) }
            guard case .resumed(let next) = event.kind else { return ends + [event] }
            var event = event
            event.kind = .resumed(header(next))
            return ends + [event]
        default: break
        }
        return [event]
    }

    private func codec(of session: Int) -> Codec? { wires.port(of: session).flatMap(choice) }

    private mutating func read(
        _ bytes: [UInt8], from side: Side, _ codec: Codec, _ event: TranscriptEvent
    ) -> [TranscriptEvent] {
        let key = Key(session: event.session, side: side)
        var stream = streams.removeValue(forKey: key) ?? Stream(reader: MessageReader(codec: codec, limits: limits))
        stream.bytes += bytes
        let found = messages(&stream, from: side, isLast: false)
        streams[key] = stream
        return found.map { placed($0, event) }
    }

    /// The messages that the end of a direction completes, and what is left over.
    private mutating func finish(_ session: Int, _ side: Side, _ event: TranscriptEvent) -> [TranscriptEvent] {
        guard var stream = streams.removeValue(forKey: Key(session: session, side: side)) else { return [] }
        var found = messages(&stream, from: side, isLast: true)
        let rest = stream.bytes[...]
        if !stream.isLost, !stream.bytes.isEmpty, !stream.reader.endsCleanly(with: rest.span.bytes) {
            var message = Self.message(of: stream.bytes, from: side)
            message.isPartial = true
            found.append(message)
        }
        return found.map { placed($0, event, session) }
    }

    private func placed(_ message: RecordedMessage, _ event: TranscriptEvent, _ session: Int? = nil) -> TranscriptEvent
    {
        TranscriptEvent(
            time: event.time, session: session ?? event.session, kind: .message(message), line: event.line)
    }

    private func messages(_ stream: inout Stream, from side: Side, isLast: Bool) -> [RecordedMessage] {
        var found: [RecordedMessage] = []
        var start = 0
        while !stream.isLost {
            let unread = stream.bytes[start...]
            let rest = unread.span.bytes
            do throws(MessageError) {
                var frame = try stream.reader.nextMessage(in: rest, into: tree)
                if frame == nil, isLast { frame = try stream.reader.finish(in: rest, into: tree) }
                guard let frame else { break }
                var message = readable(stream.reader.codec, from: side)
                message.raw = Array(unread.prefix(frame.frameBytes))
                found.append(message)
                start += frame.frameBytes
            } catch {
                let count = error.frame?.frameBytes ?? unread.count
                var message = Self.message(of: Array(unread.prefix(count)), from: side)
                message.error = "byte \(error.offset): \(error.reason)"
                found.append(message)
                start += count
                stream.isLost = error.frame == nil
            }
        }
        if stream.isLost, start < stream.bytes.count {
            found.append(Self.message(of: Array(stream.bytes[start...]), from: side))
            start = stream.bytes.count
        }
        stream.bytes.removeFirst(start)
        return found
    }

    private func readable(_ codec: Codec, from side: Side) -> RecordedMessage {
        var text = ByteWriter()
        do throws(PayloadError) {
            let form = try codec.payload.writeReadable(tree, limits: limits, into: &text)
            return RecordedMessage(from: side, form: form.key, text: text.array)
        } catch {
            return Self.message(of: Array(tree.payload), from: side)
        }
    }

    private static func message(of bytes: [UInt8], from side: Side) -> RecordedMessage {
        var message = RecordedMessage(from: side, form: .base64, text: Array("\"\(Base64.encode(bytes))\"".utf8))
        message.raw = bytes
        return message
    }
}
