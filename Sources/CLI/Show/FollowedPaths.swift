import Recorder

/// The recordings that `--follow` reads: those that were named, and those that appear in folders that were.
final class FollowedPaths {
    /// A recording that is followed.
    final class Entry {
        let recording: FollowedRecording
        /// Nil until it has begun.
        var conversation: ShownConversation?

        init(_ recording: FollowedRecording) { self.recording = recording }
    }

    private(set) var entries: [Entry] = []
    let folders: [String]
    private var known: Set<String> = []
    private var nextSearch = ContinuousClock.now

    /// Names that are not there yet are recordings that are waited for, unless they end in `/`.
    init(_ paths: [String]) {
        folders = paths.filter { $0.hasSuffix("/") || RecordingSearch.isFolder($0) }
        for path in paths where !folders.contains(path) && known.insert(path).inserted {
            entries.append(Entry(FollowedRecording(path: path)))
        }
    }

    /// Whether no more can come: folders get new files at any time.
    var isOver: Bool { entries.isEmpty && folders.isEmpty }

    /// Whether there may be several files.
    var areSeveral: Bool { !folders.isEmpty || entries.count > 1 }

    /// Leaves a recording that is over.
    func remove(_ entry: Entry) { entries.removeAll { $0 === entry } }

    /// Looks for new recordings in the folders, now and then: looking takes a twentieth of the time at most.
    func search() throws(RecordingError) {
        guard !folders.isEmpty, ContinuousClock.now >= nextSearch else { return }
        let start = ContinuousClock.now
        for folder in folders where RecordingSearch.isFolder(folder) {
            for path in try RecordingSearch.recordings(in: [folder]) where known.insert(path).inserted {
                entries.append(Entry(FollowedRecording(path: path, followsSeries: false)))
            }
        }
        let end = ContinuousClock.now
        nextSearch = end + max(.milliseconds(250), (end - start) * 20)
    }
}
