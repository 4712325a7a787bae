internal import Glibc

/// What a capture's path leads to.
package enum CapturePath {
    /// Whether what a path names can be read once only: stdin, a pipe, a device.
    package static func isReadOnce(_ path: String) -> Bool {
        if path == "-" { return true }
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
    }
}
