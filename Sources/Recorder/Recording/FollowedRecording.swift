/// A recording that is read while it grows, as `tail -F` reads a log: it need not be there yet, its last line may not be
/// whole yet, and another file may take its place. Nothing is read twice, and nothing is waited for in here: at the present
/// end `next` says so, and can be called again.
///
/// ```
///               header is whole              another file stands here, or a next one of the series
///  not there ------------------> reading ------------------------------------------------------------> reading
///                                   |
///                                   +-- its `end`, and nothing that goes on from it --> over
/// ```
package final class FollowedRecording {
    /// What following on gives.
    package enum Step: Sendable, Hashable {
        /// The first file is read from its beginning.
        case began(RecordingHeader)
        case event(TranscriptEvent)
        /// What a person should know of the file of that path.
        case told(path: String, TranscriptShortcoming)
        /// There is no more for now.
        case nothing
        /// The recording has its end, and no other file goes on from it.
        case over
    }

    /// The file that is read at present.
    package private(set) var path: String
    private let followsSeries: Bool
    /// The first file of its series, and the number of the present one in it.
    private let firstPath: String
    private var number = 1
    private var reader: RecordingReader?
    /// What is read once the present file is.
    private var next: RecordingReader?
    private var hasBegun = false
    private var hasToldOfWaiting = false
    private var isOver = false
    private var waiting: [Step] = []

    /// `followsSeries`: whether to go on in `a.0002.tape.jsonl` and so on, where the recorder rotates.
    package init(path: String, followsSeries: Bool = true) {
        self.path = path
        firstPath = path
        self.followsSeries = followsSeries
    }

    /// What comes next. After a `damagedLine` it can be called again.
    package func step() throws(RecordingError) -> Step {
        while true {
            if !waiting.isEmpty { return waiting.removeFirst() }
            if isOver { return .over }
            guard let reader else {
                guard try begin() else { return hasToldOfWaiting ? .nothing : tellOfWaiting() }
                continue
            }
            if let event = try reader.next() { return .event(event) }
            if reader.isFollowed {
                guard try lookForNext(reader) else { return isOver ? .over : .nothing }
            } else {
                turnOver(from: reader)
            }
        }
    }

    /// Opens the file, once its header is whole.
    private func begin() throws(RecordingError) -> Bool {
        guard let opened = try Self.open(path) else { return false }
        start(opened)
        return true
    }

    /// Whether it holds a file open; `rest` closes it until there is more to read.
    package var isOpen: Bool { reader?.isOpen ?? false }

    /// Holds no file open until there is more to read.
    package func rest() { reader?.rest() }

    private func tellOfWaiting() -> Step {
        hasToldOfWaiting = true
        return .told(path: path, TranscriptShortcoming("no recording is there yet: waiting for it"))
    }

    /// Reads a file from its beginning: to whoever listens it goes on from what was read before, as if it were appended.
    private func start(_ opened: RecordingReader) {
        reader = opened
        path = opened.path
        opened.follow()
        waiting.append(
            hasBegun
                ? .event(TranscriptEvent(time: 0, session: 0, kind: .resumed(opened.header), line: 1))
                : .began(opened.header))
        hasBegun = true
    }

    /// At the present end of a file: whether there is more to read. False, and perhaps over, where there is not.
    private func lookForNext(_ reader: RecordingReader) throws(RecordingError) -> Bool {
        var isAwaited = false
        let fate = reader.fate
        switch fate {
        case .cut, .rewritten:
            // What it held is gone, and so is what this reader waits for.
            let what = fate == .cut ? "cut short" : "written anew"
            waiting.append(
                .told(path: path, TranscriptShortcoming("was \(what): it is read from its beginning again")))
            self.reader = nil
            hasToldOfWaiting = true
            return true
        case .replaced:
            // Its recorder may write to the old file still, until the new one has begun.
            next = try Self.open(path)
            isAwaited = reader.isEnded && Self.isBeingWritten(path)
        case .stands, .gone:
            guard reader.isEnded else { return false }
            isAwaited = try findNextOfSeries(after: reader)
        }
        if next == nil {
            isOver = reader.isEnded && !isAwaited
            return false
        }
        // Between the last read and the look more may have come.
        reader.stopFollowing()
        return true
    }

    private func turnOver(from old: RecordingReader) {
        guard let next else { return }
        if let shortcoming = old.shortcoming { waiting.append(.told(path: old.path, shortcoming)) }
        let text =
            next.path == old.path
            ? "another file stands here now: it is read from its beginning" : "goes on from \(old.path)"
        waiting.append(.told(path: next.path, TranscriptShortcoming(text)))
        self.next = nil
        start(next)
    }

    /// Opens the file that a rotated recording goes on in; whether there is one, or will be once it has begun. One that was
    /// there before this one began is none of it: the recorder passed over its name.
    private func findNextOfSeries(after reader: RecordingReader) throws(RecordingError) -> Bool {
        var candidate = number + 1
        while followsSeries, RecordingFile.exists(RecordingName.numbered(firstPath, candidate)) {
            let path = RecordingName.numbered(firstPath, candidate)
            do throws(RecordingError) {
                // It was made before this one's end; a recorder that ended just then has left it empty.
                let opened = try Self.open(path)
                if opened == nil, Self.isBeingWritten(path) { return true }
                if let opened, opened.header.created >= reader.header.created {
                    number = candidate
                    next = opened
                    return true
                }
            } catch {
                // What is no recording is nothing that the recorder wrote.
                guard error.code == .foreign else { throw error }
            }
            candidate += 1
        }
        return false
    }

    /// Why nothing can ever stand in a folder of that path; nil where something may, or does.
    package static func reasonAgainst(folder path: String) -> String? {
        let folder = path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
        return RecordingFile.reasonAgainst(folder) ?? (RecordingFile.exists(folder) ? "it is no folder" : nil)
    }

    private static func isBeingWritten(_ path: String) -> Bool {
        (try? RecordingFile(path: path)).map(RecordingLock.isHeld) ?? false
    }

    /// Opens a recording; nil where it is not there, or not begun.
    private static func open(_ path: String) throws(RecordingError) -> RecordingReader? {
        do throws(RecordingError) {
            guard RecordingFile.exists(path) else {
                if let reason = RecordingFile.reasonAgainst(path) {
                    throw RecordingError(.cannotOpen, path, "can never be there: \(reason)")
                }
                return nil
            }
            return try RecordingReader(path: path)
        } catch {
            if error.code == .unbegun { return nil }
            guard error.code == .cannotOpen, !RecordingFile.exists(path), RecordingFile.reasonAgainst(path) == nil
            else { throw error }
            return nil
        }
    }
}

@available(*, unavailable)
extension FollowedRecording: Sendable {}
