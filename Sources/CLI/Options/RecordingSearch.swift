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
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        var found: [String] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            var status = stat()
            // Links are not followed into folders: they may lead in circles.
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try below(path)
            } else if suffixes.contains(where: name.hasSuffix) {
                found.append(path)
            }
        }
        return found
    }
}
