internal import Glibc
import Recorder

/// The recordings that `--follow` reads: those that were named, and those that appear in folders that were.
final class FollowedPaths {
    /// A recording that is followed.
    final class Entry {
        let recording: FollowedRecording
        /// It counts among those that are open.
        fileprivate var isCounted = false
        /// Nil until it has begun.
        var conversation: ShownConversation?

        init(_ recording: FollowedRecording) { self.recording = recording }
    }

    private(set) var entries: [Entry] = []
    let folders: [String]
    /// The files of the folders when they were last looked at, whatever they are called now: one that is renamed is no new one.
    private var known: Set<FileIdentity> = []
    private var nextSearch = ContinuousClock.now
    /// Recordings whose files are open, in the order in which they were opened.
    private var open: [Entry] = []

    /// Names that are not there yet are recordings that are waited for, unless they end in `/`.
    init(_ paths: [String]) {
        folders = paths.filter { $0.hasSuffix("/") || RecordingSearch.isFolder($0) }
        for path in paths where !folders.contains(path) && !isFollowed(path) {
            entries.append(Entry(FollowedRecording(path: path)))
        }
    }

    /// Whether no more can come: folders get new files at any time.
    var isOver: Bool { entries.isEmpty && folders.isEmpty }

    /// Whether there may be several files.
    var areSeveral: Bool { !folders.isEmpty || entries.count > 1 }

    /// Leaves a recording that is over.
    func remove(_ entry: Entry) {
        entries.removeAll { $0 === entry }
        if entry.isCounted { open.removeAll { $0 === entry } }
    }

    /// Looks for new recordings in the folders, now and then: looking takes a twentieth of the time at most.
    func search() throws(RecordingError) {
        guard !folders.isEmpty, ContinuousClock.now >= nextSearch else { return }
        let start = ContinuousClock.now
        var found: Set<FileIdentity> = []
        for folder in folders where RecordingSearch.isFolder(folder) {
            for path in try RecordingSearch.recordings(in: [folder]) {
                guard let identity = FileIdentity(path: path) else { continue }
                found.insert(identity)
                // One that takes the place of a file that is followed is read by who follows it.
                guard !known.contains(identity), !isFollowed(path) else { continue }
                entries.append(Entry(FollowedRecording(path: path, followsSeries: false)))
            }
        }
        known = found
        let end = ContinuousClock.now
        nextSearch = end + max(.milliseconds(250), (end - start) * 20)
    }

    private func isFollowed(_ path: String) -> Bool { entries.contains { $0.recording.path == path } }

    // MARK: Open files

    /// Files that are open at a time: a quarter of the process's descriptors, and no more than a thousand.
    private static let mostOpen: Int = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 64 }
        return min(max(1, Int(clamping: limit.rlim_cur) / 4), 1_000)
    }()

    /// Takes note that a recording was read. Where too many are open, the one that has been for the longest time is closed: it
    /// goes on where it is when there is more.
    func hasRead(_ entry: Entry) {
        guard entry.recording.isOpen, !entry.isCounted else { return }
        entry.isCounted = true
        open.append(entry)
        guard open.count > Self.mostOpen else { return }
        let first = open.removeFirst()
        first.isCounted = false
        first.recording.rest()
    }
}
