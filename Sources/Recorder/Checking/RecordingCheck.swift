internal import Codecs

/// Checks a recording: whether it is whole, readable and true to itself.
///
/// It is read line by line, whatever its size; what is found is told of at once. A file that cannot be read at all is an error,
/// as it is for every reader.
package final class RecordingCheck {
    /// What was looked at.
    package struct Summary: Sendable, Hashable {
        package var sessions = 0
        package var messages = 0
        package var findings = 0
    }

    private let path: String
    private let isOurs: Bool
    private let lines: LineReader
    private let limits: DecodingLimits
    private let file: RecordingFile
    private let tree = ValueTree()
    /// The line that was read last.
    private var line = 0
    private var end = EndCheck()
    /// What is looked at besides the end. Another check is added here.
    private var checks: [any LineCheck] = [
        HeaderCheck(), KeyCheck(), TimeCheck(), SessionCheck(), MessageCheck(),
    ]
    private var hasReturns = false
    private var isCut = false
    private var summary = Summary()

    /// Opens a recording. One that no reader takes (a foreign file, a newer version) is an error.
    package convenience init(_ path: String) throws(RecordingError) { try self.init(path: path) }

    /// - Parameters:
    ///   - name: the path that errors name, where that is another one than the file's.
    ///   - isOurs: whether the file is locked by who asks.
    init(
        path: String, named name: String? = nil, isOurs: Bool = false,
        maximumLineBytes: Int = RecordingReader.maximumLineBytes
    ) throws(RecordingError) {
        _ = try RecordingReader(path: path, maximumLineBytes: maximumLineBytes)
        self.path = name ?? path
        self.isOurs = isOurs
        file = try RecordingFile(path: path)
        let bytes: any RecordingBytes = try file.isPacked() ? ZstandardBytes(file) : file
        limits = RecordingReader.limits(of: bytes, maximumLineBytes: maximumLineBytes)
        lines = LineReader(bytes, maximumLineBytes: maximumLineBytes)
    }

    /// Looks for secrets that were left in as well.
    package func searchSecrets() { checks.append(SecretCheck()) }

    /// Checks it all; `hear` hears of what is wrong, mostly in the order of the lines.
    package func run(_ hear: (CheckFinding) throws -> Void) throws -> Summary {
        func tell(_ finding: CheckFinding) throws {
            summary.findings += 1
            try hear(finding)
        }
        if try lines.peek().starts(with: FileGuess.byteOrderMark) {
            lines.skip(3)
            try tell(
                CheckFinding(
                    .encoding, line: 1, "a byte order mark stands before the header",
                    advice: "an editor put it there; \(CheckFinding.repairable)", mend: .dropByteOrderMark))
        }
        while try checkNext(tell) {}
        let last = CheckedEnd(
            line: line, isCut: isCut, isBeingWritten: !isOurs && RecordingLock.isHeld(file))
        for index in checks.indices { try checks[index].finish(last, tell: tell) }
        try end.finish(last, tell: tell)
        summary.sessions = end.allSessions
        summary.messages = end.allMessages
        return summary
    }

    /// Checks a line; false at the end.
    private func checkNext(_ tell: (CheckFinding) throws -> Void) throws -> Bool {
        let next = try lines.next()
        if case .end = next { return false }
        line += 1
        switch next {
        case .whole(let text): try check(text, tell)
        case .torn(let text):
            try checkTorn(text, tell)
            return false
        case .tooLong(let count):
            try damaged(tell, count, "the line is longer than any that is written, with \(count) bytes")
        case .damaged(let count, let reason): try damaged(tell, count, reason)
        case .end: break
        }
        return true
    }

    private func check(_ text: UnsafeRawBufferPointer, _ tell: (CheckFinding) throws -> Void) throws {
        if text.last == 13, !hasReturns {
            hasReturns = true
            try tell(
                CheckFinding(
                    .encoding, line: line, "lines end in CR LF, from this one on",
                    advice: "an editor or git made it so; \(CheckFinding.repairable)", mend: .dropReturns))
        }
        if RecordingReader.isBlank(text) {
            if line == 1 { try damagedHeader(text, "an empty line stands in its place", tell) }
            return
        }
        switch read(text) {
        case .success(let event): try check(event, tell)
        case .failure(let error) where line == 1: try damagedHeader(text, error.reason, tell)
        case .failure(let error) where error.code == .damagedLine && HeaderSalvage.isHeader(text):
            try damagedHeader(text, error.reason, tell)
        case .failure(let error) where error.code == .newerVersion:
            try tell(
                CheckFinding(
                    .version, line: line, "what follows \(error.reason)",
                    advice: "only a newer tapedeck reads it rightly"))
            try check(header: HeaderSalvage.header(from: text), tell)
        case .failure(let error): try damaged(tell, text.count, error.reason)
        }
    }

    /// A last line without LF: one that is whole lacks nothing else.
    private func checkTorn(_ text: UnsafeRawBufferPointer, _ tell: (CheckFinding) throws -> Void) throws {
        if line > 1, case .success(let event) = read(text) {
            try tell(
                CheckFinding(
                    .torn, line: line, "the last line lacks its LF, and is whole otherwise",
                    advice: "readers take it for torn; \(CheckFinding.repairable)", mend: .completeLine))
            return try check(event, tell)
        }
        isCut = true
        try tell(
            CheckFinding(
                .torn, line: line,
                text.isEmpty
                    ? "the compressed file is cut off here: the recorder was killed, crashed, could not write, or records still"
                    : "the last line is torn after \(text.count.counting("byte")): the recorder was killed, crashed, or could not write",
                advice: "all before it reads; \(CheckFinding.repairable)",
                mend: .cutTail(bytes: text.count, end.countsAtCut)))
    }

    /// The event of a line.
    private func read(_ text: UnsafeRawBufferPointer) -> Result<TranscriptEvent, RecordingError> {
        if let error = RecordingReader.parse(text, into: tree, limits: limits) {
            return .failure(
                RecordingError(.damagedLine, path, "damaged at byte \(error.offset) of the line: \(error.reason)"))
        }
        do throws(RecordingError) {
            let event = try RecordingEventParser.event(tree.root, path: path, line: line)
            guard line > 1 || event.isHeader else {
                return .failure(RecordingError(.damagedLine, path, "an event stands in its place"))
            }
            return .success(event)
        } catch {
            return .failure(error)
        }
    }

    private func check(_ event: TranscriptEvent, _ tell: (CheckFinding) throws -> Void) throws {
        let checked = CheckedLine(number: line, event: event, value: tree.root)
        for index in checks.indices { try checks[index].check(checked, tell: tell) }
        try end.check(checked, tell: tell)
    }

    private func damaged(_ tell: (CheckFinding) throws -> Void, _ count: Int, _ reason: String) throws {
        if line == 1 { return try damagedHeader(UnsafeRawBufferPointer(start: nil, count: 0), reason, tell) }
        for index in checks.indices { checks[index].passOver() }
        try end.passOver(line: line, tell: tell)
        try tell(
            CheckFinding(
                .damaged, line: line, reason, advice: "the lines around it read; \(CheckFinding.repairable)",
                mend: .takeOut(bytes: count, why: "a damaged line was taken out")))
    }

    private func damagedHeader(
        _ text: UnsafeRawBufferPointer, _ reason: String, _ tell: (CheckFinding) throws -> Void
    ) throws {
        let header = HeaderSalvage.header(from: text)
        let found =
            header.ports.isEmpty
            ? "of its ports nothing can be read"
            : "of its ports these can be read: \(header.ports.map(\.listen).joined(separator: ", "))"
        try tell(
            CheckFinding(
                .header, line: line, "the header is damaged (\(reason)); \(found)",
                advice: "write it anew by hand, or let tapedeck check --repair do it with these",
                mend: .setHeader(header)))
        try check(header: header, tell)
        // The line behind it may have become part of it.
        for index in checks.indices { checks[index].passOver() }
        try end.passOver(line: line, tell: tell)
    }

    /// Lets the checks of the lines behind a header know as much as can be read of it.
    private func check(header: RecordingHeader, _ tell: (CheckFinding) throws -> Void) throws {
        var written = ByteWriter()
        RecordingLine.writeHeader(header, into: &written)
        written.truncate(to: written.count - 1)
        let parsed = written.withUnsafeBytes { RecordingReader.parse($0, into: tree, limits: limits) }
        guard parsed == nil else { return }
        let event = TranscriptEvent(time: 0, session: 0, kind: .resumed(header), line: line)
        try check(event, tell)
    }
}

extension TranscriptEvent {
    /// Whether it is a header.
    var isHeader: Bool { if case .resumed = kind { true } else { false } }
}
