internal import Glibc

/// A file, whatever its name.
package struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let number: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// That of an open file; nil where it is none.
    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// That of what stands at a path; nil where nothing does.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Another path of it in the same folder; nil where it has none.
    func path(besides other: String) -> String? {
        let folder = other.lastIndex(of: "/").map { String(other[...$0]) } ?? "./"
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard UInt64(entry.pointee.d_ino) == number else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if FileIdentity(path: folder + name) == self { return folder + name }
        }
        return nil
    }
}

/// What a file that grows is known by: which one it is, how it begins, and when it was written last.
struct FileWatch {
    let identity: FileIdentity
    private let front: [UInt8]
    private var written: [UInt8]

    /// The header's time is in them.
    private static let frontBytes = 512

    /// Nil where it cannot be looked at.
    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, let front = Self.front(descriptor, Self.frontBytes) else { return nil }
        identity = FileIdentity(status)
        self.front = front
        written = Self.time(status)
    }

    /// Whether it was written since the last look.
    func isTouched(_ status: stat) -> Bool { Self.time(status) != written }

    /// Whether it still begins as it did.
    func isSameFront(_ descriptor: Int32) -> Bool {
        Self.front(descriptor, front.count).map { $0 == front } ?? true
    }

    /// Whether it begins otherwise by now; it is looked at only where it was written since the last time.
    mutating func isRewritten(_ status: stat, _ descriptor: Int32) -> Bool {
        guard descriptor >= 0, isTouched(status) else { return false }
        written = Self.time(status)
        return !isSameFront(descriptor)
    }

    private static func front(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var front = [UInt8](repeating: 0, count: count)
        let found = pread(descriptor, &front, count, 0)
        return found < 0 ? nil : Array(front.prefix(found))
    }

    private static func time(_ status: stat) -> [UInt8] { withUnsafeBytes(of: status.st_mtim) { Array($0) } }
}
