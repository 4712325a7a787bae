import Codecs
internal import Glibc
import Recorder
import Replay

/// Which recordings failed when they were replayed last, kept from run to run for `--last-failed`.
///
/// It stands in `.tapedeck/last-run.json` beside the project file, or else in the working folder; only where something has
/// failed. A `.gitignore` in that folder keeps it out of git. A recording that was not replayed stays what it was.
struct LastRun {
    private static let folderName = ".tapedeck"
    private static let maximumBytes = 16 << 20

    /// The folder that paths in it count from; without a slash at its end, but for the root.
    private let base: String
    /// The file.
    let path: String
    private var folder: String { base + (base.hasSuffix("/") ? "" : "/") + Self.folderName }

    /// - Parameter base: the folder of the project file, or the working folder.
    init(base: String) {
        self.base = Self.resolved(base)
        path = base == "." ? "\(Self.folderName)/last-run.json" : "\(self.base)/\(Self.folderName)/last-run.json"
    }

    /// Where a path leads.
    static func resolved(_ path: String) -> String { resolvedPath(path) ?? path }

    /// The recordings that failed, as resolved paths.
    func failed() throws -> Set<String> {
        guard access(path, F_OK) == 0 else { return [] }
        let text = try StandardStreams.contents(of: path, limit: Self.maximumBytes)
        let tree = ValueTree()
        let isJSON = (try? JSONFormat().decode(text.span.bytes, into: tree, limits: DecodingLimits())) != nil
        guard isJSON, let listed = tree.root["failed"], listed.kind == .list else {
            throw StreamError(description: "\(path): says nothing of failed recordings: remove it")
        }
        return Set(listed.children.compactMap(\.string).map { $0.hasPrefix("/") ? $0 : "\(base)/\($0)" })
    }

    /// Takes note of a run.
    func note(_ report: Report) {
        // What was interrupted is neither better nor worse than it was.
        let done = report.recordings.filter { $0.status != .notRun && $0.attempts.last?.problem != "interrupted" }
        note(replayed: done.map(\.path), failed: done.filter(\.isFailure).map(\.path))
    }

    /// Takes note of what was replayed. A file that cannot be written is told of, and no more: it is a convenience.
    func note(replayed: [String], failed: [String]) {
        do {
            let before = (try? self.failed()) ?? []
            let now = before.subtracting(replayed.map(Self.resolved)).union(failed.map(Self.resolved))
            if now == before { return }
            if now.isEmpty {
                unlink(path)
                return
            }
            try makeFolder()
            let listed = now.map { $0.hasPrefix(base + "/") ? String($0.dropFirst(base.count + 1)) : $0 }.sorted()
            let lines = listed.map { "    \(Self.quoted($0))" }.joined(separator: ",\n")
            try TextFile.write("{\n  \"failed\": [\n\(lines)\n  ]\n}\n", to: path)
        } catch {
            Terminal.log("tapedeck: --last-failed will not know of this run: \(error)")
        }
    }

    private func makeFolder() throws {
        if mkdir(folder, 0o777) != 0 {
            guard errno == EEXIST else {
                throw StreamError(description: "\(folder): cannot make this folder: \(systemMessage(errno))")
            }
        }
        let ignore = folder + "/.gitignore"
        if access(ignore, F_OK) != 0 { try TextFile.write("*\n", to: ignore) }
    }

    private static func quoted(_ text: String) -> String {
        var text = text
        var output = ByteWriter()
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
        return output.string
    }
}
