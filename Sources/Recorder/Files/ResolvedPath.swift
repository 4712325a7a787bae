internal import Glibc

/// Where a path leads: absolute, and without links; nil where nothing is there, and `errno` says why.
package func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
