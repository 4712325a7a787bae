internal import Codecs

/// Writes a recording anew with its mends, line by line.
struct RecordingRewriting: ~Copyable {
    private let lines: LineReader
    private let mends: [Int: [RecordingMend]]
    private let output: RewrittenFile
    private let limits: DecodingLimits
    private let tree = ValueTree()
    private var hasReturns = true
    /// The last line that was kept, for the time of what is written behind it.
    private var last = ByteWriter()
    /// Damaged lines in a row, for which a gap will stand.
    private var pending: RecordingGap?
    /// Whether the line that was written last is a gap.
    private var endsInGap = false

    init(path: String, mends: [Int: [RecordingMend]], output: RewrittenFile) throws(RecordingError) {
        let bytes = try RecordingFile.bytes(of: path)
        lines = LineReader(bytes, maximumLineBytes: RecordingReader.maximumLineBytes)
        limits = RecordingReader.limits(of: bytes, maximumLineBytes: RecordingReader.maximumLineBytes)
        self.mends = mends
        self.output = output
    }

    mutating func run() throws(RecordingError) {
        if mends[1]?.contains(.dropByteOrderMark) == true {
            _ = try lines.peek()
            lines.skip(3)
        }
        hasReturns = !mends.values.contains { $0.contains(.dropReturns) }
        var number = 0
        while true {
            let next = try lines.next()
            number += 1
            let due = mends[number] ?? []
            switch next {
            case .whole(let text): try rewrite(text, due)
            case .tooLong, .damaged: try rewrite(UnsafeRawBufferPointer(start: nil, count: 0), due)
            case .torn(let text):
                try rewrite(text, due)
                // What is known behind the last line is told with its number, which has come.
                return try finish(due)
            case .end: return try finish(mends[number - 1] ?? [])
            }
        }
    }

    private mutating func rewrite(_ text: UnsafeRawBufferPointer, _ due: [RecordingMend]) throws(RecordingError) {
        var text = text
        if !hasReturns, text.last == 13 { text = UnsafeRawBufferPointer(rebasing: text.dropLast()) }
        var time: Int64?
        var counts: RecordingCounts?
        for case .end(let counts, isBehind: false) in due { try writeEnd(counts) }
        for mend in due {
            switch mend {
            case .takeOut(let bytes, let why): return takeOut(bytes: bytes, why)
            case .cutTail(let bytes, let counts):
                // A compressed file may be cut between two lines: then what is lost, if anything, is not known.
                if counts != nil, bytes > 0 { takeOut(bytes: bytes, "the last line was torn") }
                return
            case .takeOutEnd:
                pending = pending ?? RecordingGap(reason: "an end stood here, with more behind it")
                return
            case .setHeader(let header):
                try flush()
                var line = ByteWriter()
                RecordingLine.writeHeader(header, into: &line)
                try put(line)
                pending = RecordingGap(reason: "the header was damaged, and written anew")
                return
            case .addGap(let session, let why):
                try flush()
                try writeGap(RecordingGap(reason: why), session: session)
            case .setTime(let new): time = new
            case .setCounts(let new): counts = new
            case .end, .completeLine, .dropByteOrderMark, .dropReturns: break
            }
        }
        if !RecordingReader.isBlank(text) { try flush() }
        if let counts {
            return try writeEnd(counts, at: time ?? Self.time(of: text, tree, limits))
        }
        if let time { return try put(text, at: time) }
        try put(text)
    }

    private mutating func finish(_ due: [RecordingMend]) throws(RecordingError) {
        for mend in due {
            switch mend {
            case .end(let counts, isBehind: true): try writeEnd(counts)
            case .cutTail(_, let counts?): try writeEnd(counts)
            default: break
            }
        }
        try flush()
    }

    // MARK: Lines

    private mutating func takeOut(bytes: Int, _ why: String) {
        var gap = pending ?? RecordingGap(bytes: 0, events: 0, reason: why)
        gap.bytes = (gap.bytes ?? 0) + bytes
        gap.events = (gap.events ?? 0) + 1
        pending = gap
    }

    /// Writes the gap that stands for damaged lines, if there were any.
    private mutating func flush() throws(RecordingError) {
        guard let gap = pending else { return }
        pending = nil
        try writeGap(gap, session: nil)
    }

    private mutating func writeGap(_ gap: RecordingGap, session: Int?) throws(RecordingError) {
        var line = ByteWriter()
        RecordingLine.writeTime(lastTime, into: &line)
        if let session { RecordingLine.writeSession(session, into: &line) }
        RecordingLine.writeGap(gap, into: &line)
        line.append(UInt8(ascii: "\n"))
        try put(line)
        endsInGap = true
    }

    /// Writes the end where there was none: what came before it is not known.
    private mutating func writeEnd(_ counts: RecordingCounts) throws(RecordingError) {
        try flush()
        if !endsInGap { try writeGap(RecordingGap(reason: "the recording was not ended"), session: nil) }
        try writeEnd(counts, at: lastTime)
    }

    private mutating func writeEnd(_ counts: RecordingCounts, at time: Int64) throws(RecordingError) {
        var line = ByteWriter()
        RecordingLine.writeTime(time, into: &line)
        RecordingLine.writeEnd(sessions: counts.sessions, messages: counts.messages, into: &line)
        try put(line)
    }

    /// Writes a line that has its LF.
    private mutating func put(_ line: borrowing ByteWriter) throws(RecordingError) {
        last.removeAll()
        last.append(contentsOf: line)
        last.truncate(to: max(last.count - 1, 0))
        endsInGap = false
        try output.append(line)
    }

    private mutating func put(_ text: UnsafeRawBufferPointer) throws(RecordingError) {
        if !RecordingReader.isBlank(text) {
            last.removeAll()
            last.append(text)
            endsInGap = false
        }
        try output.append(text)
        try output.endLine()
    }

    /// Writes a line with another time.
    private mutating func put(_ text: UnsafeRawBufferPointer, at time: Int64) throws(RecordingError) {
        guard RecordingReader.parse(text, into: tree, limits: limits) == nil,
            let range = tree.root["t"]?.sourceRange
        else { return try put(text) }
        // `{"t":1.204471,`, of which the number is wanted.
        var written = ByteWriter()
        RecordingLine.writeTime(time, into: &written)
        var line = ByteWriter(capacity: text.count + 16)
        line.append(UnsafeRawBufferPointer(rebasing: text[..<range.lowerBound]))
        written.withUnsafeBytes { line.append(UnsafeRawBufferPointer(rebasing: $0[5..<$0.count - 1])) }
        line.append(UnsafeRawBufferPointer(rebasing: text[range.upperBound...]))
        line.append(UInt8(ascii: "\n"))
        try put(line)
    }

    // MARK: Times

    /// The time of the last line that was kept; 0 behind a header.
    private var lastTime: Int64 {
        last.withUnsafeBytes { Self.time(of: $0, tree, limits) }
    }

    private static func time(of text: UnsafeRawBufferPointer, _ tree: ValueTree, _ limits: DecodingLimits) -> Int64 {
        guard RecordingReader.parse(text, into: tree, limits: limits) == nil, let seconds = tree.root["t"]?.double,
            seconds >= 0, seconds < 1e11
        else { return 0 }
        return Int64((seconds * 1_000_000).rounded())
    }
}
