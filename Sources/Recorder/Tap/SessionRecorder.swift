package import Codecs

/// Writes the events of one session to a recording, as they happen.
///
/// Confined to the event loop of the session. The text of a line is made there, in memory that all sessions of the loop
/// share; only its place in the file is taken under a lock.
package final class SessionRecorder {
    /// Memory for the lines that are being made, shared by the sessions of one event loop.
    ///
    /// The messages that one read brought go to the writer together, when the read ends, when a line of another kind follows, or
    /// when `submit` is called: who commits calls it first.
    ///
    /// Not checked for overlapping access, which took a third of the time of a line: it is confined to the loop, and what
    /// writes into it never reaches the session.
    package final class Scratch {
        @exclusivity(unchecked) fileprivate var line = ByteWriter(capacity: 4 << 10)
        @exclusivity(unchecked) fileprivate var messages = MessageLines()
        @exclusivity(unchecked) fileprivate var frame = ByteWriter(capacity: 4 << 10)

        @exclusivity(unchecked) private var isInRead = false
        /// Where the messages go that wait; nil: none do.
        @exclusivity(unchecked) private var writer: RecordingWriter?
        /// The client's message whose line is the last that was made, while what brought it is still there.
        @exclusivity(unchecked) private var request: Request?

        private struct Request: Equatable {
            var recorder: ObjectIdentifier
            var address: UnsafeRawPointer?
            var byteCount: Int
            var payload: Range<Int>

            @inline(__always)
            init(_ recorder: SessionRecorder, _ frame: RawSpan, _ payload: Range<Int>) {
                self.recorder = ObjectIdentifier(recorder)
                (address, byteCount) = frame.withUnsafeBytes { ($0.baseAddress, $0.count) }
                self.payload = payload
            }
        }

        package init() {}

        /// Messages follow that one read brought. They came together, so the clock is not looked at for each; but for what
        /// takes a while to read or to write, it is again.
        package func beginRead() { isInRead = true }

        /// What is recorded from here on did not come with that read.
        package func endRead() {
            isInRead = false
            submit()
        }

        /// Has the writer take the messages that wait here for the end of a read.
        package func submit() {
            request = nil
            guard let writer else { return }
            writer.append(messages)
            messages.removeAll()
            self.writer = nil
        }

        /// The line of a message of that session begins.
        @inline(__always)
        fileprivate func beginMessage(of session: Int, by writer: RecordingWriter) {
            request = nil
            if messages.isFull || messages.session != session { submit() }
            if messages.count == 0 {
                messages.begin(of: session, at: writer.now, since: writer.start)
                self.writer = writer
            }
            messages.beginLine()
        }

        /// The line is complete.
        @inline(__always)
        fileprivate func endMessage() {
            messages.endLine()
            if !isInRead { submit() }
        }

        /// The line says all of a client's message. What one read brought stays where it is until the read ends.
        @inline(__always)
        fileprivate func keepLine(of recorder: SessionRecorder, _ frame: RawSpan, _ payload: Range<Int>) {
            if isInRead { request = Request(recorder, frame, payload) }
        }

        /// Repeats the last line as the server's, if it is that of these very bytes, which the client sent.
        @inline(__always)
        fileprivate func repeatLine(of recorder: SessionRecorder, _ frame: RawSpan, _ payload: Range<Int>) -> Bool {
            guard request == Request(recorder, frame, payload), let writer else { return false }
            let offset = recorder.sessionText.count
            guard messages.isFull else {
                messages.repeatLine(fromServerAt: offset)
                return true
            }
            writer.append(messages)
            if messages.keepLastLine(fromServerAt: offset, at: writer.now, since: writer.start) { return true }
            messages.removeAll()
            self.writer = nil
            return false
        }
    }

    /// The session's number in the recording.
    package let number: Int
    private let writer: RecordingWriter
    /// How each of its lines begins, behind the time.
    private let sessionText: [UInt8]
    private let codec: Codec
    private let defaults: WritingSettings
    private let limits: DecodingLimits
    private let scratch: Scratch
    private let redaction: Redaction?
    /// An error that may tell of a secret, and what is said in its place.
    private var unsaid: (text: String, instead: String)?

    /// - Parameters:
    ///   - redaction: what is taken out before a line is made.
    ///   - settings: how the port's payloads are written where nothing else is said, as in the recording's header.
    ///   - scratch: the event loop's.
    package init(
        writer: RecordingWriter, number: Int, codec: Codec, settings: WritingSettings, limits: DecodingLimits,
        scratch: Scratch, redaction: Redaction? = nil
    ) {
        self.writer = writer
        self.number = number
        var text = ByteWriter()
        RecordingLine.writeSession(number, into: &text)
        sessionText = text.array
        self.codec = codec
        defaults = settings
        self.limits = limits
        self.scratch = scratch
        self.redaction = redaction
    }

    /// A client connected.
    package func opened(_ opening: SessionOpening) {
        append(.opening) { RecordingLine.writeOpening(opening, into: &$0) }
    }

    /// A message passed. `frame` is every byte since the message before, `payload` where its payload stands in them, and
    /// `tree` what it reads as.
    ///
    /// - Returns: false where its readable form is over a limit, so that only its bytes are written.
    @discardableResult
    package func message(from side: Side, frame: RawSpan, payload: Range<Int>, tree: ValueTree) -> Bool {
        if let redacted = redaction?.message(tree, codec: codec, limits: limits) {
            message(redacted, from: side)
            return true
        }
        // An echo.
        if side == .server, scratch.repeatLine(of: self, frame, payload) { return true }
        scratch.beginMessage(of: number, by: writer)
        let isReadable = writeMessage(from: side, frame, payload, tree, into: &scratch.messages.text)
        scratch.endMessage()
        if side == .client, isReadable, redaction == nil { scratch.keepLine(of: self, frame, payload) }
        return isReadable
    }

    /// Gives false where only the bytes are written.
    @inline(__always)
    private func writeMessage(
        from side: Side, _ frame: RawSpan, _ payload: Range<Int>, _ tree: ValueTree, into line: inout ByteWriter
    ) -> Bool {
        var isReadable = true
        var places: [String] = []
        line.append(sessionText)
        RecordingLine.writeFrom(side, into: &line)
        let formStart = line.count
        let form: ReadableForm
        do throws(PayloadError) {
            form = try codec.writeMember(tree, limits: limits, into: &line)
        } catch {
            // Too deep or too long to be read: the bytes say it all.
            isReadable = false
            line.truncate(to: formStart)
            if let redaction, redaction.holdsSecret(frame, around: payload, codec: codec) {
                let withheld = RedactedBytes(bytes: [], places: ["bytes"], withheld: payload.count)
                writeBytes(withheld, into: &line)
                places = withheld.places
            } else {
                RecordingLine.writeBytes("base64", frame.extracting(payload), into: &line)
            }
            form = ReadableForm(key: .base64, isExact: true, settings: tree.settings)
        }
        RecordingLine.writeSettings(form.settings, defaults: defaults, into: &line)
        let isCanonical = codec.isCanonical(frame, payload: payload, scratch: &scratch.frame)
        if !form.isExact || !isCanonical {
            if let redaction, redaction.holdsSecret(frame, around: payload, codec: codec) {
                places.append("raw")
            } else {
                RecordingLine.writeBytes("raw", frame, into: &line)
            }
        }
        if !places.isEmpty { RedactedPlaces.write(places, into: &line) }
        return isReadable
    }

    /// A message whose secrets were taken out: its bytes hold them, so they are not written.
    private func message(_ redacted: RedactedMessage, from side: Side) {
        scratch.beginMessage(of: number, by: writer)
        writeMessage(redacted, from: side, into: &scratch.messages.text)
        scratch.endMessage()
    }

    private func writeMessage(_ redacted: RedactedMessage, from side: Side, into line: inout ByteWriter) {
        line.append(sessionText)
        RecordingLine.writeFrom(side, into: &line)
        RecordingLine.writeForm(redacted.form, redacted.text, into: &line)
        RecordingLine.writeSettings(redacted.settings, defaults: defaults, into: &line)
        RedactedPlaces.write(redacted.places, into: &line)
    }

    /// Bytes passed that do not read as the codec says.
    package func undecodable(from side: Side, bytes: RawSpan, error: MessageError) {
        append(.message) { line in
            // What was found is part of what is taken out.
            var places = writeUnread(side, bytes, into: &line)
            var reason = error.description
            if !places.isEmpty {
                let plain = "byte \(error.offset): does not decode"
                unsaid = (reason, plain)
                reason = plain
            } else if let redacted = redaction?.sentence(reason, at: "error") {
                (reason, places) = (redacted.text, redacted.places)
            }
            RecordingLine.writeMember("error", reason, into: &line)
            RedactedPlaces.write(places, into: &line)
            line.append(UInt8(ascii: "}"))
        }
    }

    /// Bytes of a stream that nobody reads any more; `why` says since when.
    package func unread(from side: Side, bytes: RawSpan, why: String = "follows bytes that did not decode") {
        append(.message) { line in
            var places = writeUnread(side, bytes, into: &line)
            let redacted = redaction?.sentence(why, at: "error")
            places += redacted?.places ?? []
            RecordingLine.writeMember("error", redacted?.text ?? why, into: &line)
            RedactedPlaces.write(places, into: &line)
            line.append(UInt8(ascii: "}"))
        }
    }

    /// The connection ended inside a frame; these bytes of it had passed.
    package func partial(from side: Side, bytes: RawSpan) {
        append(.message) { line in
            let places = writeUnread(side, bytes, into: &line)
            line.append(",\"partial\":true")
            RedactedPlaces.write(places, into: &line)
            line.append(UInt8(ascii: "}"))
        }
    }

    /// Something of the session is missing here.
    package func gap(_ gap: RecordingGap) {
        var gap = gap
        if let redacted = gap.reason.flatMap({ redaction?.sentence($0, at: "gap.why") }) {
            (gap.reason, gap.redacted) = (redacted.text, redacted.places)
        }
        append { RecordingLine.writeGap(gap, into: &$0) }
    }

    /// Gives the places where something was taken out of the bytes.
    private func writeUnread(_ side: Side, _ bytes: RawSpan, into line: inout ByteWriter) -> [String] {
        RecordingLine.writeFrom(side, into: &line)
        guard let redacted = redaction?.bytes(bytes, codec: codec) else {
            RecordingLine.writeBytes("base64", bytes, into: &line)
            return []
        }
        writeBytes(redacted, into: &line)
        return redacted.places
    }

    private func writeBytes(_ redacted: RedactedBytes, into line: inout ByteWriter) {
        RecordingLine.writeBytes("base64", redacted.bytes.span.bytes, into: &line)
        if let count = redacted.withheld { RecordingLine.writeWithheld(count, into: &line) }
    }

    /// A side said that it has no more to send.
    package func endOfStream(_ side: Side) {
        append { RecordingLine.writeEndOfStream(side, into: &$0) }
    }

    /// The session ended.
    package func closed(_ closing: SessionClosing) {
        var closing = closing
        if let unsaid, closing.reason == unsaid.text { closing.reason = unsaid.instead }
        if let redacted = closing.reason.flatMap({ redaction?.sentence($0, at: "reason") }) {
            (closing.reason, closing.redacted) = (redacted.text, redacted.places)
        }
        append(.closing) { RecordingLine.writeClosing(closing, into: &$0) }
    }

    private func append(_ kind: RecordingWriter.LineKind = .other, _ body: (inout ByteWriter) -> Void) {
        scratch.submit()
        scratch.line.removeAll()
        scratch.line.append(sessionText)
        body(&scratch.line)
        writer.append(scratch.line, session: number, kind)
    }
}
