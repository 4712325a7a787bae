internal import Glibc
import Recorder

/// Finds the recordings that paths name: a file is itself, a folder every `*.tape.jsonl` and `*.tape.jsonl.zst` in it and below.
enum RecordingSearch {
    static let suffixes = [".tape.jsonl", ".tape.jsonl.zst"]

    /// The recordings, sorted by path within each folder. A path that is not there is an error.
    static func recordings(in paths: [String]) throws(RecordingError) -> [String] {
        var found: [String] = []
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
            }
            if status.st_mode & S_IFMT == S_IFDIR { found += try below(path) } else { found.append(path) }
        }
        return found
    }

    /// Whether a folder has that path.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func below(_ folder: String) throws(RecordingError) -> [String] {
        guard let directory = opendir(folder) else {
            throw RecordingError(.cannotOpen, folder, "cannot read this folder: \(systemMessage(errno))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let (name, isWhole) = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    (String(cString: $0), String(validatingCString: $0) != nil)
                }
            }
            // What is passed over in silence would be taken for checked, or scrubbed.
            guard isWhole || !suffixes.contains(where: name.hasSuffix) && entry.pointee.d_type != UInt8(DT_DIR) else {
                throw RecordingError(
                    .cannotOpen, folder + "/" + name,
                    "this name is not UTF-8, and cannot be opened; rename it (\u{FFFD} stands for what is no text)")
            }
            names.append(name)
        }
        var found: [String] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            var status = stat()
            // Links are not followed into folders: they may lead in circles.
            guard lstat(path, &status) == 0 else {
                // It may have gone meanwhile.
                if errno == ENOENT { continue }
                throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try below(path)
            } else if suffixes.contains(where: name.hasSuffix) {
                found.append(path)
            }
        }
        return found
    }
}
