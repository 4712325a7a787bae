internal import Codecs

/// A recording in memory, of which lines are left out and messages changed.
///
/// Every line that is kept stands as it was read; only the ends count anew.
package struct RecordingExcerpt: Sendable {
    /// What is made of the recording.
    package struct Choice: Sendable, Hashable {
        /// Lines that are left out, by their place in `events`.
        package var removed: Set<Int> = []
        /// What messages say instead, by their place in `events`.
        package var changed: [Int: RecordedMessage] = [:]

        package init() {}
    }

    /// How much there is of something.
    package struct Size: Sendable, Hashable {
        package var sessions = 0
        package var messages = 0
        package var bytes = 0

        package init() {}
    }

    /// The largest recording that is taken, in bytes of its lines.
    package static let maximumBytes = 256 << 20

    /// What stands in each line.
    package private(set) var events: [TranscriptEvent] = []
    /// The number of a last line that no LF ends, and which is left out.
    package private(set) var tornLine: Int?
    package let header: RecordingHeader
    private var lines: [[UInt8]] = []

    /// Reads all of a recording.
    package init(path: String, maximumBytes: Int = Self.maximumBytes) throws(RecordingError) {
        header = try RecordingReader(path: path).header
        let bytes = try RecordingFile.bytes(of: path)
        let limits = RecordingReader.limits(of: bytes, maximumLineBytes: RecordingReader.maximumLineBytes)
        let reader = LineReader(bytes, maximumLineBytes: RecordingReader.maximumLineBytes)
        if try reader.peek().starts(with: FileGuess.byteOrderMark) { reader.skip(3) }
        let tree = ValueTree()
        var (number, total) = (0, 0)
        reading: while true {
            let next = try reader.next()
            number += 1
            switch next {
            case .end: break reading
            case .torn:
                tornLine = number
                break reading
            case .tooLong, .damaged:
                throw RecordingError(
                    .damagedLine, path, line: number, "is damaged: tapedeck check --repair mends the recording")
            case .whole(let text):
                total += text.count
                guard total <= maximumBytes else {
                    throw RecordingError(
                        .cannotOpen, path, line: number,
                        "is too large to be held in memory: up to \(maximumBytes >> 20) MiB are taken")
                }
                try take(text, number, path, tree, limits)
            }
        }
    }

    private mutating func take(
        _ text: UnsafeRawBufferPointer, _ number: Int, _ path: String, _ tree: ValueTree, _ limits: DecodingLimits
    ) throws(RecordingError) {
        guard !RecordingReader.isBlank(text) else { return }
        if let error = RecordingReader.parse(text, into: tree, limits: limits) {
            throw RecordingError(
                .damagedLine, path, line: number, "damaged at byte \(error.offset) of the line: \(error.reason)")
        }
        var event = TranscriptEvent(time: 0, session: 0, kind: .resumed(header), line: number)
        if number > 1 { event = try RecordingEventParser.event(tree.root, path: path, line: number) }
        events.append(event)
        // What an editor of another system put at the line's end.
        lines.append(Array(text.last == 13 ? UnsafeRawBufferPointer(rebasing: text.dropLast()) : text))
    }

    /// The recording's lines with a choice made; nil where a message cannot be changed so.
    package func text(of choice: Choice) -> [UInt8]? {
        var output = ByteWriter(capacity: lines.reduce(0) { $0 + $1.count + 1 })
        let tree = ValueTree()
        var counts = RecordingCounts(sessions: 0, messages: 0)
        var (isEnded, time) = (true, Int64(0))
        for (index, event) in events.enumerated() where !choice.removed.contains(index) {
            if event.kind != .ended { isEnded = false }
            time = event.time
            switch event.kind {
            case .resumed: counts = RecordingCounts(sessions: 0, messages: 0)
            case .opened: counts.sessions += 1
            case .message: counts.messages += 1
            case .ended:
                Self.writeEnd(counts, at: time, into: &output)
                isEnded = true
                continue
            case .endOfStream, .closed, .gap, .unknown: break
            }
            if let message = choice.changed[index] {
                guard let line = changed(index, message, tree) else { return nil }
                output.append(line)
            } else {
                output.append(lines[index])
            }
            output.append(UInt8(ascii: "\n"))
        }
        if !isEnded { Self.writeEnd(counts, at: time, into: &output) }
        return output.array
    }

    private func changed(_ index: Int, _ message: RecordedMessage, _ tree: ValueTree) -> [UInt8]? {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = RecordingReader.maximumLineBytes
        return lines[index].withUnsafeBytes { text in
            guard RecordingReader.parse(text, into: tree, limits: .recordedText(within: limits)) == nil else {
                return nil
            }
            return AmendedLine.text(tree.root, message)
        }
    }

    private static func writeEnd(_ counts: RecordingCounts, at time: Int64, into output: inout ByteWriter) {
        RecordingLine.writeTime(time, into: &output)
        RecordingLine.writeEnd(sessions: counts.sessions, messages: counts.messages, into: &output)
    }

    /// What a choice holds.
    package func size(of choice: Choice) -> Size {
        var size = Size()
        for (index, event) in events.enumerated() where !choice.removed.contains(index) {
            switch event.kind {
            case .opened: size.sessions += 1
            case .message: size.messages += 1
            default: break
            }
        }
        size.bytes = text(of: choice)?.count ?? 0
        return size
    }

    /// Writes the recording's lines to a file without a name.
    package func write(_ text: [UInt8], to file: NamelessFile) throws(RecordingError) {
        try text.span.bytes.withUnsafeBytes { (bytes) throws(RecordingError) in try file.write(bytes) }
    }

    /// Writes the recording's lines to a new file, which is compressed where its name ends in `.zst`.
    package static func write(_ text: [UInt8], to path: String, replaces: Bool) throws(RecordingError) {
        let file = try RewrittenFile(path, isPacked: path.hasSuffix(".zst"), replaces ? .anything : .nothing(.output))
        try text.span.bytes.withUnsafeBytes { (bytes) throws(RecordingError) in try file.append(bytes) }
        try file.finish()
        try file.takePlace()
    }

    /// Says before any work what would keep a file from being written.
    package static func check(_ path: String, replaces: Bool) throws(RecordingError) {
        try FileRefusal.checkName(path)
        if replaces { try FileRefusal.checkReplaceable(path) } else { try FileRefusal.checkFree(path, .output) }
    }
}
