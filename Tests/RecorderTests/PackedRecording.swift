import Foundation
import TestSupport

/// Recordings that the `zstd` tool has compressed.
enum PackedRecording {
    /// The bytes as the tool packs them, into one frame.
    static func frame(_ bytes: some Sequence<UInt8>, _ arguments: String...) throws -> [UInt8] {
        let folder = try ScratchFolder()
        try Data(bytes).write(to: URL(filePath: folder.path("plain")))
        let packed = try ShortProgram.run("zstd", ["-q", "-c"] + arguments + [folder.path("plain")])
        guard packed.status == 0 else { throw CocoaError(.fileReadCorruptFile) }
        return Array(packed.output)
    }

    /// A frame for each line, as a recorder that flushes each writes them.
    static func framePerLine(_ text: String, _ arguments: String...) throws -> [[UInt8]] {
        try text.utf8.split(separator: 10).map { line in
            let folder = try ScratchFolder()
            try Data(line + [10]).write(to: URL(filePath: folder.path("plain")))
            return Array(try ShortProgram.run("zstd", ["-q", "-c"] + arguments + [folder.path("plain")]).output)
        }
    }

    /// What a recording of these bytes, under a name that ends in `.zst`, reads as.
    static func read(_ bytes: some Sequence<UInt8>, maximumLineBytes: Int = 1 << 30) throws -> ReadRecording {
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(filePath: folder / "a.tape.jsonl.zst"))
        return try ReadRecording(path: folder / "a.tape.jsonl.zst", maximumLineBytes: maximumLineBytes)
    }
}
