package import Codecs

// The line of an event as a whole.
extension RecordingLine {
    /// Appends the line of an event that was read, with its LF.
    ///
    /// - Parameter counts: what an end counts.
    package static func write(
        _ event: TranscriptEvent, counting counts: RecordingCounts, into output: inout ByteWriter
    ) {
        if case .resumed(let header) = event.kind { return writeHeader(header, into: &output) }
        writeTime(event.time, into: &output)
        if event.session > 0 { writeSession(event.session, into: &output) }
        switch event.kind {
        case .opened(let opening): writeOpening(opening, into: &output)
        case .message(let message): write(message, into: &output)
        case .endOfStream(let side): writeEndOfStream(side, into: &output)
        case .closed(let closing): writeClosing(closing, into: &output)
        case .gap(let gap): writeGap(gap, into: &output)
        case .ended: return writeEnd(sessions: counts.sessions, messages: counts.messages, into: &output)
        case .unknown, .resumed: output.append("\"unknown\":true}")
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func write(_ message: RecordedMessage, into output: inout ByteWriter) {
        writeFrom(message.from, into: &output)
        writeForm(message.form, message.text, into: &output)
        writeSettings(message.settings, defaults: WritingSettings(), into: &output)
        if let raw = message.raw { writeBytes("raw", raw.span.bytes, into: &output) }
        writeMember("error", message.error, into: &output)
        if message.isPartial { output.append(",\"partial\":true") }
        RedactedPlaces.write(message.redacted, into: &output)
        output.append(UInt8(ascii: "}"))
    }
}
