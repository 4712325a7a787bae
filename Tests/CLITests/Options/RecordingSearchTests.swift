import Foundation
import Recorder
import TestSupport
import Testing

@testable import CLI

@Suite("The search for recordings")
struct RecordingSearchTests {
    @Test("finds *.tape.jsonl and *.tape.jsonl.zst in a folder and below, sorted, and nothing hidden")
    func below() throws {
        let folder = try ScratchFolder()
        for name in [
            "b.tape.jsonl", "d.tape.jsonl.zst", "d.tape.jsonl.bak", "d.zst", "a/2.tape.jsonl", "a/1.tape.jsonl",
            "c.jsonl", ".hidden/x.tape.jsonl", "a/n.txt",
        ] {
            try folder.write("", to: name)
        }
        let found = try RecordingSearch.recordings(in: [folder.path])
        #expect(found == ["a/1.tape.jsonl", "a/2.tape.jsonl", "b.tape.jsonl", "d.tape.jsonl.zst"].map(folder.path(_:)))
        #expect(try RecordingSearch.recordings(in: [folder.path + "/"]) == found)
    }

    @Test("says so where a name is no UTF-8, instead of passing the recording over")
    func notUTF8() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "a.tape.jsonl")
        let name = Array(folder.path.utf8) + Array("/caf".utf8) + [0xE9]
        func make(_ ending: String) {
            close(open((name + Array(ending.utf8) + [0]).map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600))
        }
        make(".txt")
        #expect(try RecordingSearch.recordings(in: [folder.path]) == [folder.path("a.tape.jsonl")])
        make(".tape.jsonl")
        let error = #expect(throws: RecordingError.self) { try RecordingSearch.recordings(in: [folder.path]) }
        #expect(error?.description.contains("not UTF-8") == true)
    }

    @Test("takes a file that is named whatever its name")
    func named() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("", to: "c.jsonl")
        #expect(try RecordingSearch.recordings(in: [path]) == [path])
    }

    @Test("finds nothing in an empty folder, and refuses a path that is not there")
    func nothing() throws {
        let folder = try ScratchFolder()
        #expect(try RecordingSearch.recordings(in: [folder.path]).isEmpty)
        #expect(throws: RecordingError.self) { try RecordingSearch.recordings(in: [folder.path("missing")]) }
    }

    @Test("does not follow links into folders, which may lead in circles")
    func circles() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "a/1.tape.jsonl")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("a/again"), withDestinationPath: folder.path)
        #expect(try RecordingSearch.recordings(in: [folder.path]) == [folder.path("a/1.tape.jsonl")])
    }
}
