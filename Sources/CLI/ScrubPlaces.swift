internal import Glibc
import Recorder

/// Where the scrubbed recordings go: one beside another name, or several into a folder, each under the name that it has.
struct ScrubPlaces {
    /// A recording, and where it goes; nil: in its own place.
    struct Place: Equatable {
        /// As it was given.
        var name: String
        /// Where a link leads: the recording itself is replaced, not what points to it.
        var recording: String
        var output: String?
    }

    let places: [Place]
    /// The folders that are made for them, the outer ones first.
    let folders: [String]

    /// - Parameters:
    ///   - paths: recordings, or folders of them.
    ///   - output: nil: each in its own place.
    init(_ paths: [String], output: String?) throws {
        if output == "-" {
            throw UsageFault(
                "-o - is no file: a scrubbed recording is written whole before it takes its name; give one (./- for a file of that very name)"
            )
        }
        guard let output else {
            let found = try RecordingSearch.recordings(in: paths)
            places = try found.map { Place(name: $0, recording: try Self.resolved($0), output: nil) }
            folders = []
            return
        }
        if paths.count == 1, !RecordingSearch.isFolder(paths[0]), !output.hasSuffix("/"),
            !RecordingSearch.isFolder(output)
        {
            places = [Place(name: paths[0], recording: paths[0], output: output)]
            folders = []
            return
        }
        let folder = output.hasSuffix("/") ? String(output.dropLast()) : output
        // Of the root nothing is left.
        let front = folder + "/"
        var places: [Place] = []
        var taken: [String: String] = [:]
        for path in paths {
            for recording in try RecordingSearch.recordings(in: [path]) {
                let name = RecordingSearch.isFolder(path) ? Self.name(recording, below: path) : Self.name(recording)
                if let other = taken.updateValue(recording, forKey: name) {
                    throw UsageFault("\(other) and \(recording) would both be \(front)\(name): scrub them one by one")
                }
                places.append(Place(name: recording, recording: recording, output: front + name))
            }
        }
        self.places = places
        folders = Self.folders(of: places.compactMap(\.output), from: folder).filter { !$0.isEmpty }
    }

    /// Makes the folders that are not there yet.
    func makeFolders() throws(RecordingError) {
        for folder in folders where mkdir(folder, 0o700) != 0 {
            let number = errno
            guard number != EEXIST || !RecordingSearch.isFolder(folder) else { continue }
            throw RecordingError(
                .cannotOpen, folder,
                number == EEXIST ? "is a file, not a folder" : "cannot make this folder: \(systemMessage(number))")
        }
    }

    private static func folders(of outputs: [String], from folder: String) -> [String] {
        var folders: Set<String> = [folder]
        for output in outputs {
            var parts = output.dropFirst(folder.count + 1).split(separator: "/").dropLast()
            while !parts.isEmpty {
                folders.insert(folder + "/" + parts.joined(separator: "/"))
                parts.removeLast()
            }
        }
        return folders.sorted()
    }

    private static func name(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static func name(_ path: String, below folder: String) -> String {
        String(path.dropFirst(folder.hasSuffix("/") ? folder.count : folder.count + 1))
    }

    private static func resolved(_ path: String) throws(RecordingError) -> String {
        guard let resolved = resolvedPath(path) else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
        }
        return resolved
    }
}
