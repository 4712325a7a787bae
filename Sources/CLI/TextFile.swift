internal import Glibc
import Recorder

/// A file of text that is written as a whole: beside its place, which it takes at once.
enum TextFile {
    /// Writes it; what stood there is replaced, and a link there is too, not followed. A pipe or device is written to.
    ///
    /// `replaces`: whether anything may stand there; if not, that is an error, and stays as it is.
    static func write(_ text: String, to path: String, replaces: Bool = true) throws(StreamError) {
        if replaces, isStream(path) { return try append(text, to: path) }
        let new = "\(path).\(getpid()).new"
        unlink(new)
        AbandonedFiles.clear(besides: path)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw failure(path, errno) }
        var text = text
        var number = text.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
        if close(descriptor) != 0, number == 0, errno != EINTR { number = errno }
        if number == 0 { number = -FileOperations.system.move(new, path, replaces) }
        guard number == 0 else {
            unlink(new)
            throw failure(path, number)
        }
    }

    /// Whether a pipe or a device stands there, such as /dev/null or a shell's >(command).
    static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
    }

    /// The place that a path means, however it is written; of a link its own, which a new file takes.
    static func place(of path: String) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        return (resolvedPath(folder) ?? folder) + "/" + name
    }

    /// Adds to a file, which is made if there is none.
    static func append(_ text: String, to path: String) throws(StreamError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0o666)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var text = text
        let number = text.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
        if number != 0 { throw failure(path, number) }
    }

    /// Makes the folders of a path that are not there.
    static func makeFolders(of path: String) throws(StreamError) {
        for index in path.indices where path[index] == "/" && index != path.startIndex {
            let folder = String(path[..<index])
            guard mkdir(folder, 0o777) == 0 || errno == EEXIST || access(folder, F_OK) == 0 else {
                throw failure(folder, errno)
            }
        }
    }

    private static func failure(_ path: String, _ number: Int32) -> StreamError {
        StreamError(description: "\(path): cannot write: \(systemMessage(number))")
    }
}
