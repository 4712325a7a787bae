import Foundation
import Testing

@testable import Recorder

@Suite("The files of one recording among others")
struct RecordingPartsTests {
    private static let continued = RecordingSamples.open.replacing("}}", with: #","continued":true}}"#)

    private func write(_ name: String, _ folder: TemporaryFolder, goesOn: Bool) throws {
        let lines = [
            RecordingSamples.header, goesOn ? Self.continued : RecordingSamples.open, RecordingSamples.message,
            RecordingSamples.end,
        ]
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: folder / name))
    }

    @Test("belong together where sessions go on in them, whatever stands between and in what order they are given")
    func found() throws {
        let folder = try TemporaryFolder()
        for name in ["a.tape.jsonl", "b.tape.jsonl", "a.0007.tape.jsonl"] { try write(name, folder, goesOn: false) }
        for name in ["a.0002.tape.jsonl", "a.0004.tape.jsonl", "a.0008.tape.jsonl", "b.2.tape.jsonl"] {
            try write(name, folder, goesOn: true)
        }
        func found(_ names: String...) -> [[String]] {
            RecordingParts.found(in: names.map { folder / $0 }).map {
                $0.paths.map { String($0.dropFirst(folder.path.count + 1)) }
            }
        }
        #expect(
            found("a.0002.tape.jsonl", "a.0004.tape.jsonl", "a.tape.jsonl", "b.2.tape.jsonl", "b.tape.jsonl")
                == [["a.tape.jsonl", "a.0002.tape.jsonl", "a.0004.tape.jsonl"], ["b.2.tape.jsonl"], ["b.tape.jsonl"]])
        #expect(
            found("a.tape.jsonl", "a.0007.tape.jsonl", "a.0008.tape.jsonl")
                == [["a.tape.jsonl"], ["a.0007.tape.jsonl", "a.0008.tape.jsonl"]])
        #expect(found("a.tape.jsonl", "a.tape.jsonl") == [["a.tape.jsonl"], ["a.tape.jsonl"]])
        #expect(found("a.0008.tape.jsonl", "none") == [["a.0008.tape.jsonl"], ["none"]])
    }

    @Test("read as one, what is compressed with them, and a torn line in one damages no other")
    func joined() throws {
        let folder = try TemporaryFolder()
        try write("a", folder, goesOn: false)
        try write("c", folder, goesOn: true)
        let torn = try String(contentsOfFile: folder / "a", encoding: .utf8).dropLast(5)
        try Data(torn.utf8).write(to: URL(filePath: folder / "b"))
        let packed = try PackedRecording.frame(Data(contentsOf: URL(filePath: folder / "c")))
        try Data(packed).write(to: URL(filePath: folder / "c"))
        let joined = try JoinedRecording(["a", "b", "c"].map { folder / $0 })
        let read = try ReadRecording(path: joined.path)
        #expect(read.damaged.map(\.line) == [8])
        #expect(read.isEnded && read.messages.count == 3)
    }
}
