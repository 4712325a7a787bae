internal import Glibc

/// A recording that is kept under another name beside it, `NAME.bak`, while another one takes its place.
package struct RecordingBackup {
    let path: String
    private let source: String
    /// The file has no second name, but moved there.
    private let isMoved: Bool
    private let operations: FileOperations

    private static let mostBackups = 100

    /// Keeps a file.
    init(keeping source: String, _ operations: FileOperations) throws(RecordingError) {
        (self.source, self.operations) = (source, operations)
        for number in 1...Self.mostBackups {
            let path = Self.name(source, number)
            let linked = operations.link(source, path)
            if linked == -EEXIST { continue }
            if linked == 0 {
                (self.path, isMoved) = (path, false)
                return
            }
            // A file system without links.
            let moved = operations.move(source, path, false)
            if moved == -EEXIST { continue }
            guard moved == 0 else {
                throw RecordingError(
                    .cannotWrite, path,
                    "cannot keep the recording here: \(systemMessage(-moved)); nothing was changed")
            }
            (self.path, isMoved) = (path, true)
            return
        }
        throw RecordingError(
            .cannotWrite, source, "has \(Self.mostBackups) backups (.bak) already: take some of them away")
    }

    private static func name(_ source: String, _ number: Int) -> String {
        number == 1 ? "\(source).bak" : "\(source).bak\(number)"
    }

    /// The backups of a recording that are there.
    package static func standing(besides source: String) -> [String] {
        (1...mostBackups).map { name(source, $0) }.filter { access($0, F_OK) == 0 }
    }

    /// Takes it back, since nothing took the file's place.
    func takeBack() {
        if isMoved { _ = operations.move(path, source, false) } else { _ = operations.remove(path) }
    }
}
