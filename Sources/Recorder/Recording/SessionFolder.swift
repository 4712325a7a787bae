internal import Codecs
internal import Glibc

/// A folder with one file for each session of a recording. Confined to the lock of its writer.
///
/// Every connection has a descriptor already. Of the files, only a quarter of what the process may have is open at a time:
/// the one that was written to the longest ago is closed, and opened again when its session goes on.
final class SessionFolder {
    /// A session's file.
    private final class Entry {
        let file: WrittenFile
        /// When it was written to last, counted in writes.
        var lastUse = 0
        var isOpen = true

        init(_ file: WrittenFile) { self.file = file }
    }

    /// With its `/`.
    private let path: String
    private let operations: FileOperations
    private let mostOpen: Int
    /// It was not there before.
    private let isNew: Bool
    private var entries: [Int: Entry] = [:]
    private var openCount = 0
    private var uses = 0

    /// Makes the folder, if it is not there.
    init(
        _ path: String, _ operations: FileOperations, mostOpen: Int = SessionFolder.shareOfDescriptors
    ) throws(RecordingError) {
        self.path = path.hasSuffix("/") ? path : path + "/"
        self.operations = operations
        self.mostOpen = max(mostOpen, 1)
        var status = stat()
        isNew = mkdir(self.path, 0o700) == 0
        guard !isNew else { return }
        let number = errno
        guard number == EEXIST, stat(self.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw RecordingError(
                .cannotOpen, path,
                number == EEXIST ? "is a file, not a folder" : "cannot make this folder: \(systemMessage(number))")
        }
        guard access(self.path, W_OK | X_OK) == 0 else {
            throw RecordingError(.cannotOpen, path, "cannot write to this folder: \(systemMessage(errno))")
        }
    }

    /// Takes it away again, if it was made and nothing is in it.
    func discard() { if isNew { rmdir(path) } }

    static var shareOfDescriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 64 }
        return Int(clamping: limit.rlim_cur) / RecordingSettings.folderShare
    }

    /// Writes each piece to its session's file, one write for each.
    func write(
        _ text: borrowing ByteWriter, _ pieces: [PendingLines.Piece], toDisk: Bool, at time: Int64
    ) throws(RecordingError) {
        let starts = [0] + pieces.map(\.end)
        let order = pieces.indices.sorted { (pieces[$0].session, $0) < (pieces[$1].session, $1) }
        var hasMade = false
        var joined = ByteWriter()
        var next = 0
        while next < order.count {
            let first = pieces[order[next]]
            var isLast = false
            joined.removeAll()
            while next < order.count, pieces[order[next]].session == first.session {
                let index = order[next]
                text.withUnsafeBytes {
                    joined.append(UnsafeRawBufferPointer(rebasing: $0[starts[index]..<pieces[index].end]))
                }
                isLast = pieces[index].isLast
                next += 1
            }
            let entry = try entry(first)
            hasMade = hasMade || first.begins != nil
            let result = joined.withUnsafeBytes { bytes in
                RecordingError.caught { () throws(RecordingError) in
                    try entry.file.checkFromOutside(at: isLast ? nil : time)
                    try entry.file.write(bytes, toDisk: toDisk)
                }
            }
            if let result { throw result }
            if isLast { try close(first.session, toDisk) }
        }
        if hasMade, toDisk {
            let number = operations.syncFolder(path)
            if number < 0 {
                throw RecordingError(
                    .cannotWrite, path, "cannot write this folder to the disk: \(systemMessage(-number))")
            }
        }
    }

    /// The file that a piece goes to, open.
    private func entry(_ piece: PendingLines.Piece) throws(RecordingError) -> Entry {
        uses += 1
        if let name = piece.begins {
            try makeRoom()
            let entry = Entry(try WrittenFile(making: path + name, operations))
            entries[piece.session] = entry
            openCount += 1
            entry.lastUse = uses
            return entry
        }
        guard let entry = entries[piece.session] else {
            throw RecordingError(.cannotWrite, path, "session \(piece.session) has no file; the recording ends here")
        }
        if !entry.isOpen {
            try makeRoom()
            try entry.file.resume()
            entry.isOpen = true
            openCount += 1
        }
        entry.lastUse = uses
        return entry
    }

    private func makeRoom() throws(RecordingError) {
        guard openCount >= mostOpen else { return }
        guard let oldest = entries.values.filter(\.isOpen).min(by: { $0.lastUse < $1.lastUse }) else { return }
        try oldest.file.pause()
        oldest.isOpen = false
        openCount -= 1
    }

    private func close(_ session: Int, _ toDisk: Bool) throws(RecordingError) {
        guard let entry = entries.removeValue(forKey: session) else { return }
        if entry.isOpen { openCount -= 1 }
        try entry.file.close(toDisk: toDisk)
    }
}

@available(*, unavailable)
extension SessionFolder: Sendable {}
