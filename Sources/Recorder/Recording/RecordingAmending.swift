internal import Codecs

/// Writes a recording anew with amendments: beside its place, which it takes when it is whole and on the disk. Its mode stays,
/// and whether it is compressed.
package struct RecordingAmending {
    private let path: String
    private let amendments: RecordingAmendments
    private let insertions: [Int: [RecordingAmendments.Insertion]]
    private let output: RewrittenFile
    private let tree = ValueTree()
    private let limits: DecodingLimits
    /// Messages that were put in since the header, less those that were taken out.
    private var added = 0
    /// The time of the last event, in microseconds.
    private var time: Int64 = 0
    /// Amendments whose line has come.
    private var done = 0
    /// For each line that was written, the one that it comes from; a message that was put in, that behind which it stands.
    private var origins: [Int] = []

    /// Amends a recording in its own place. It must be what it was when the amendments were made out.
    ///
    /// - `path`: a link is followed.
    /// - `operations`: what writes; a test may have it fail.
    package static func amend(
        _ path: String, _ amendments: RecordingAmendments, operations: FileOperations = .system
    ) throws(RecordingError) {
        let lock = try RecordingLock(path: path)
        defer { withExtendedLifetime(lock) {} }
        let before = try lock.stamp(path)
        let isPacked = try RecordingFile(path: path).isPacked()
        var amending = try RecordingAmending(
            path, amendments, output: RewrittenFile(path, isPacked: isPacked, .locked, operations))
        try amending.run()
        guard try lock.stamp(path) == before else {
            throw RecordingError(
                .cannotWrite, path, "was changed by another program meanwhile: nothing was done, try again")
        }
        try amending.output.takeLook(of: path)
        try amending.output.takePlace()
    }

    /// Writes an amended copy into a file without a name.
    ///
    /// - Returns: for each of its lines the one of the recording that it comes from.
    package static func copy(
        _ path: String, _ amendments: RecordingAmendments, to file: NamelessFile
    ) throws(RecordingError) -> [Int] {
        var amending = try RecordingAmending(
            path, amendments,
            output: RewrittenFile(file.path, isPacked: false, .locked, file.operations))
        try amending.run()
        return amending.origins
    }

    private init(
        _ path: String, _ amendments: RecordingAmendments, output: RewrittenFile
    ) throws(RecordingError) {
        self.path = path
        self.amendments = amendments
        insertions = try Self.places(of: amendments.inserted, path)
        limits = RecordingReader.limits(
            of: try RecordingFile.bytes(of: path), maximumLineBytes: RecordingReader.maximumLineBytes)
        self.output = output
    }

    /// The line that each insertion stands behind: none behind the end of its session.
    private static func places(
        of insertions: [RecordingAmendments.Insertion], _ path: String
    ) throws(RecordingError) -> [Int: [RecordingAmendments.Insertion]] {
        guard !insertions.isEmpty else { return [:] }
        let wanted = Set(insertions.map(\.session))
        var ends: [Int: Int] = [:]
        let reader = try RecordingReader(path: path)
        while let event = try reader.next() {
            guard wanted.contains(event.session), ends[event.session] == nil else { continue }
            switch event.kind {
            case .endOfStream, .closed: ends[event.session] = event.line
            default: break
            }
        }
        return insertions.reduce(into: [:]) { places, insertion in
            let line = min(insertion.line, (ends[insertion.session] ?? .max) - 1)
            places[max(line, 1), default: []].append(insertion)
        }
    }

    private mutating func run() throws(RecordingError) {
        let lines = LineReader(
            try RecordingFile.bytes(of: path), maximumLineBytes: RecordingReader.maximumLineBytes)
        var number = 0
        reading: while true {
            switch try lines.next() {
            case .end: break reading
            case .whole(let text):
                number += 1
                try take(text, number)
            case .torn, .tooLong, .damaged:
                throw RecordingError(
                    .damagedLine, path, line: number + 1,
                    "is damaged or torn, and nothing was changed: tapedeck check --repair mends it")
            }
        }
        guard done == amendments.changed.count + amendments.removed.count else { throw Self.changed(path, number) }
        try output.finish()
    }

    private static func changed(_ path: String, _ line: Int) -> RecordingError {
        RecordingError(
            .cannotWrite, path, line: line, "is no longer what was replayed: nothing was changed, replay it again")
    }

    private mutating func take(_ text: UnsafeRawBufferPointer, _ number: Int) throws(RecordingError) {
        let isEvent = RecordingReader.parse(text, into: tree, limits: limits) == nil
        if let seconds = tree.root["t"]?.double, isEvent, seconds >= 0, seconds < 1e11 {
            time = Int64((seconds * 1_000_000).rounded())
        } else {
            (time, added) = (0, 0)
        }
        if let message = amendments.changed[number] {
            guard isEvent, let line = AmendedLine.text(tree.root, message) else { throw Self.changed(path, number) }
            try output.append(line: line)
            origins.append(number)
            done += 1
        } else if amendments.removed.contains(number) {
            guard isEvent, tree.root["from"] != nil else { throw Self.changed(path, number) }
            added -= 1
            done += 1
        } else if isEvent, added != 0, let line = AmendedLine.end(tree.root, adding: added) {
            try output.append(line: line)
            origins.append(number)
        } else {
            try output.append(text)
            try output.endLine()
            origins.append(number)
        }
        for insertion in insertions[number] ?? [] {
            try insert(insertion)
            origins.append(number)
        }
    }

    private mutating func insert(_ insertion: RecordingAmendments.Insertion) throws(RecordingError) {
        var line = ByteWriter()
        RecordingLine.writeTime(time, into: &line)
        RecordingLine.writeSession(insertion.session, into: &line)
        RecordingLine.writeFrom(insertion.message.from, into: &line)
        RecordingLine.writeForm(insertion.message.form, insertion.message.text, into: &line)
        line.append("}\n" as StaticString)
        try output.append(line)
        added += 1
    }
}

/// Lines with single values in the place of others, every other byte as it stands.
enum AmendedLine {
    /// A message's line with another form and other bytes; nil where it is no message's.
    static func text(_ line: Value, _ message: RecordedMessage) -> [UInt8]? {
        guard line.kind == .map, line["from"] != nil else { return nil }
        let source = line.tree.payload
        var output = ByteWriter(capacity: source.count + message.text.count)
        var (copied, separator) = (0, 0..<0)
        var (hasForm, isFirst) = (false, true)
        for (key, value) in line.entries {
            guard let name = key.string, let keyRange = key.sourceRange, let range = value.sourceRange else {
                return nil
            }
            // What stands between two members; `{` before the first, also where that is taken out.
            if isFirst {
                separator = copied..<keyRange.lowerBound
            } else if output.count > 0 {
                separator = copied..<keyRange.lowerBound
            }
            isFirst = false
            copied = range.upperBound
            if name == "raw", message.raw == nil { continue }
            output.append(UnsafeRawBufferPointer(rebasing: source[separator]))
            let isForm = ReadableForm.Key(rawValue: name) != nil && !hasForm
            if isForm, name != message.form.rawValue {
                output.append("\"\(message.form.rawValue)\"" as String)
                output.append(UnsafeRawBufferPointer(rebasing: source[keyRange.upperBound..<range.lowerBound]))
            } else {
                output.append(UnsafeRawBufferPointer(rebasing: source[keyRange.lowerBound..<range.lowerBound]))
            }
            if isForm {
                output.append(message.text)
                hasForm = true
            } else if name == "raw", let raw = message.raw {
                output.append("\"\(Base64.encode(raw))\"" as String)
            } else {
                output.append(UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
        guard hasForm else { return nil }
        output.append(UnsafeRawBufferPointer(rebasing: source[copied...]))
        return output.array
    }

    /// The line of a recording's end that counts so many messages more; nil where this is none.
    static func end(_ line: Value, adding count: Int) -> [UInt8]? {
        guard let messages = line["end"]?["messages"], let number = messages.int, let range = messages.sourceRange
        else {
            return nil
        }
        let source = line.tree.payload
        var output = ByteWriter(capacity: source.count + 8)
        output.append(UnsafeRawBufferPointer(rebasing: source[..<range.lowerBound]))
        output.append(decimal: max(number + Int64(count), 0))
        output.append(UnsafeRawBufferPointer(rebasing: source[range.upperBound...]))
        return output.array
    }
}
