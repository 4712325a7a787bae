package import Foundation

/// Files beside the tests.
package enum Fixtures {
    /// The folder `Tests/`.
    private static var tests: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    }

    /// The file or folder at a path below `Tests/`, such as `CodecsTests/Fixtures/json`.
    package static func url(_ path: String) -> URL { tests.appendingPathComponent(path) }

    /// The bytes of a file.
    package static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: url(path))) }

    /// The names in a folder, sorted; none where there is no such folder.
    package static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url(path).path)) ?? []).sorted()
    }
}
