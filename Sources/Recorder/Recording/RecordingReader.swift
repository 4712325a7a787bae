internal import Codecs

/// Reads a recording event by event, so that its size does not matter.
///
/// A recording is as little trusted as a socket. A damaged line is an error with its number, after which reading can go on;
/// a last line without its LF is torn and is told of in `tornLine`.
package final class RecordingReader {
    package let path: String
    /// The first line; where it is damaged, but an event stands behind it, a header without ports, and the first `next`
    /// throws.
    package let header: RecordingHeader
    /// The number of a last line that no LF ends, once all before it has been read.
    package private(set) var tornLine: Int?
    /// Whether nothing of that line is there: a compressed file was cut between two lines.
    private(set) var isTornBetweenLines = false
    /// Whether the recording says last that it was ended as it should be.
    package private(set) var isEnded = false
    /// Whether all was read, and nothing says that the recording was ended: its recorder was killed, crashed, could not write,
    /// or records still.
    package private(set) var lacksEnd = false
    /// The number of the line that was read last.
    package private(set) var line = 1
    private let file: RecordingFile
    private let lines: LineReader
    private let tree = ValueTree()
    private let limits: DecodingLimits
    /// What is wrong with the header, until it has been told.
    private var headerDamage: RecordingError?
    /// The event behind a damaged header, until it has been given.
    private var waiting: TranscriptEvent?

    /// The longest line: base64 of the largest message, twice.
    static let maximumLineBytes = 1 << 30

    /// Opens the file and reads its header.
    package convenience init(path: String) throws(RecordingError) {
        try self.init(path: path, maximumLineBytes: Self.maximumLineBytes)
    }

    init(path: String, maximumLineBytes: Int) throws(RecordingError) {
        self.path = path
        file = try RecordingFile(path: path)
        let bytes = try file.bytes()
        limits = Self.limits(of: bytes, maximumLineBytes: maximumLineBytes)
        lines = LineReader(bytes, maximumLineBytes: maximumLineBytes)
        let front = try lines.peek()
        if lines.isEmpty { throw RecordingError(.unbegun, path, FileGuess.empty) }
        if let guess = FileGuess.reasonAgainstRecording(front) { throw RecordingError(.foreign, path, guess) }
        if front.starts(with: FileGuess.byteOrderMark) { lines.skip(3) }
        do throws(RecordingError) {
            header = try Self.header(of: lines, path: path, into: tree, limits: limits)
        } catch {
            // Was it a header once?
            guard error.code == .damagedLine else { throw error }
            var number = 2
            var next = try lines.next()
            // More of a compressed header may be lost than its line.
            while case .damaged = next, number < 100 {
                number += 1
                next = try lines.next()
            }
            guard case .whole(let text) = next,
                let event = Self.event(in: text, path: path, line: number, into: tree, limits: limits)
            else { throw RecordingError(.foreign, path, line: 1, error.reason) }
            header = RecordingHeader(created: "", tool: "", ports: [])
            headerDamage = RecordingError(
                .damagedLine, path, line: 1, "the header is damaged, so the ports and their codecs are not known")
            waiting = event
        }
    }

    /// What a line may hold.
    static func limits(of bytes: any RecordingBytes, maximumLineBytes: Int) -> DecodingLimits {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = maximumLineBytes
        limits = .recordedText(within: limits)
        limits.maximumElements = bytes.maximumElements(atMost: limits.maximumElements)
        return limits
    }

    /// The header; `damagedLine` where the first line is none, but what follows may show that it was.
    private static func header(
        of lines: LineReader, path: String, into tree: ValueTree, limits: DecodingLimits
    ) throws(RecordingError) -> RecordingHeader {
        let text: UnsafeRawBufferPointer
        switch try lines.next() {
        case .whole(let found): text = found
        case .tooLong: throw RecordingError(.foreign, path, line: 1, "is no recording: its first line has no end")
        case .damaged(_, let reason): throw RecordingError(.damagedLine, path, line: 1, reason)
        case .torn, .end:
            throw RecordingError(
                .unbegun, path, line: 1, "the first line is cut off: this is no recording, or it was never begun")
        }
        do throws(RecordingError) {
            if parse(text, into: tree, limits: limits) == nil,
                let header = try RecordingEventParser.header(tree.root, path: path, line: 1)
            {
                return header
            }
        } catch {
            guard error.code == .foreign else { throw error }
            throw RecordingError(.damagedLine, path, line: 1, error.reason)
        }
        throw RecordingError(.damagedLine, path, line: 1, FileGuess.noHeader)
    }

    /// The event of a line that must be a good one.
    private static func event(
        in text: UnsafeRawBufferPointer, path: String, line: Int, into tree: ValueTree, limits: DecodingLimits
    ) -> TranscriptEvent? {
        guard parse(text, into: tree, limits: limits) == nil,
            let event = try? RecordingEventParser.event(tree.root, path: path, line: line), event.kind != .unknown
        else { return nil }
        return event
    }

    /// The next event; nil at the end. After a `damagedLine` it can be called again.
    package func next() throws(RecordingError) -> TranscriptEvent? {
        if let damage = headerDamage {
            headerDamage = nil
            throw damage
        }
        if let event = waiting {
            waiting = nil
            line = event.line
            isEnded = event.kind == .ended
            return event
        }
        while true {
            let text: UnsafeRawBufferPointer
            switch try lines.next() {
            case .end:
                lacksEnd = !isEnded && !isFollowed
                return nil
            case .torn(let rest):
                tornLine = line + 1
                isTornBetweenLines = rest.isEmpty
                return nil
            case .damaged(_, let reason):
                line += 1
                throw RecordingError(.damagedLine, path, line: line, reason)
            case .tooLong:
                line += 1
                throw RecordingError(.damagedLine, path, line: line, "the line is longer than any that is written")
            case .whole(let found): text = found
            }
            line += 1
            if Self.isBlank(text) { continue }
            if let error = Self.parse(text, into: tree, limits: limits) {
                throw RecordingError(
                    .damagedLine, path, line: line, "damaged at byte \(error.offset) of the line: \(error.reason)")
            }
            let event = try RecordingEventParser.event(tree.root, path: path, line: line)
            isEnded = event.kind == .ended
            return event
        }
    }

    // MARK: Following

    /// Whether more may come: `next` gives nil at the present end then, and can be called again.
    package var isFollowed: Bool { lines.awaitsMore }

    /// Waits for more at the end, from now on.
    package func follow() {
        lines.awaitsMore = true
        file.beginWatch()
    }

    /// Whether the file is open.
    package var isOpen: Bool { file.descriptor >= 0 }

    /// Holds no file open, and little memory, until there is more to read.
    package func rest() {
        file.rest()
        lines.rest()
    }

    /// No more will come: what `next` gives from now on is the rest.
    package func stopFollowing() { lines.awaitsMore = false }

    /// What became of the file since it was opened.
    package var fate: RecordingFate { file.fate }

    /// Whether a file that begins with these bytes is meant to be a recording: its header begins here, or it is compressed.
    package static func isRecording(startingWith front: [UInt8]) -> Bool {
        let text = front.starts(with: FileGuess.byteOrderMark) ? front.dropFirst(3) : front[...]
        return text.starts(with: "{\"tapedeck\":".utf8) || ZstandardBytes.isStartOfFrame(front)
    }

    /// Whether nothing stands in a line, which is no damage.
    static func isBlank(_ text: UnsafeRawBufferPointer) -> Bool { text.isEmpty || text.elementsEqual([13]) }

    /// Reads a line as JSON; gives what is wrong with it.
    static func parse(
        _ text: UnsafeRawBufferPointer, into tree: ValueTree, limits: DecodingLimits
    ) -> PayloadError? {
        do throws(PayloadError) {
            try JSONFormat().decode(RawSpan(_unsafeBytes: text), into: tree, limits: limits)
            return nil
        } catch {
            return error
        }
    }
}

/// What a file is that is no recording, told by its first bytes.
enum FileGuess {
    static let empty = "is empty: no recording was ever begun here"
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    static let noHeader = "is no recording: its first line is not {\"tapedeck\":1,…}"

    /// Files that are given by mistake, by how they begin.
    private static let kinds: [(starts: [[UInt8]], reason: String)] = [
        (
            [
                [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
                [0x0A, 0x0D, 0x0D, 0x0A],
            ], "is a packet capture, not a recording: tapedeck import makes one of it"
        ),
        ([[0x1F, 0x8B]], "is compressed with gzip: unpack it first (gunzip)"),
        ([[0xFD, 0x37, 0x7A, 0x58, 0x5A]], "is compressed with xz: unpack it first (unxz)"),
        ([Array("BZh".utf8)], "is compressed with bzip2: unpack it first (bunzip2)"),
        ([Array("PK\u{3}\u{4}".utf8)], "is a ZIP archive, not a recording: unpack it first (unzip)"),
        (
            [[0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8, 0xFF], Array("GIF8".utf8)],
            "is an image, not a recording (*.tape.jsonl)"
        ),
        ([[0x7F, 0x45, 0x4C, 0x46]], "is a program, not a recording (*.tape.jsonl)"),
        (
            (2...5).map { [0x80, $0] },
            "is a pickle, not a recording: tapedeck decode --codec pickle reads it, and tapedeck scan"
        ),
    ]

    /// Why these bytes begin no recording; nil where they may.
    static func reasonAgainstRecording(_ front: UnsafeRawBufferPointer) -> String? {
        // Nothing could be unpacked; what is wrong is told with the first line.
        if front.isEmpty { return nil }
        if let kind = kinds.first(where: { $0.starts.contains { front.starts(with: $0) } }) { return kind.reason }
        // A damaged header still ends in a line's end, soon.
        if front.first != UInt8(ascii: "{"), front.first != 0xEF, !front.contains(10) { return noHeader }
        return nil
    }
}
