import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Recorder

@Suite("A key log")
struct KeyLogFileTests {
    @Test("is made for its owner alone, and holds whole lines of all threads")
    func wholeLines() async throws {
        let folder = try ScratchFolder()
        let file = try KeyLogFile(folder.path("keys")) { Issue.record("\($0)") }
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for number in 0..<200 { file.write(ByteBuffer(string: "CLIENT_RANDOM \(thread) \(number)\n")) }
                }
            }
        }
        let lines = try #require(folder.text("keys")).split(separator: "\n")
        #expect(Set(lines).count == 1_600)
        #expect(lines.allSatisfy { $0.hasPrefix("CLIENT_RANDOM ") && $0.split(separator: " ").count == 3 })
    }

    @Test("overwrites nothing, and names what is in the way")
    func existing() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("precious", to: "keys")
        let error = #expect(throws: CaptureError.self) { _ = try KeyLogFile(path) { _ in } }
        #expect(error?.description.hasPrefix("\(path): the key log exists already") == true)
        #expect(folder.text("keys") == "precious")
        #expect(throws: CaptureError.self) { _ = try KeyLogFile(folder.path("nowhere/keys")) { _ in } }
    }

    @Test("holds whole lines of what fits, and says once that it is not complete")
    func fullDisk() throws {
        let told = Told()
        let disk = FaultyDisk(failing: 2)
        let file = try KeyLogFile("keys", operations: disk.operations) { told.add("\($0)") }
        // 16 bytes at a time: the second write fails, in the middle of the line.
        file.write(ByteBuffer(string: "CLIENT_RANDOM 1 12345678\n"))
        #expect(disk.now.bytes == [])
        file.write(ByteBuffer(string: "CLIENT_RANDOM 2\n"))
        #expect(disk.now.bytes == Array("CLIENT_RANDOM 2\n".utf8))
        #expect(told.texts == ["keys: the key log is not complete: No space left on device"])
    }

    private final class Told: @unchecked Sendable {
        // Used by one thread.
        var texts: [String] = []

        func add(_ text: String) { texts.append(text) }
    }
}
