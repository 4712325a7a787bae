import Foundation
import NIOCore
import TestSupport
import Testing

@testable import TLS

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
        let error = #expect(throws: TLSSetupError.self) { _ = try KeyLogFile(path) { _ in } }
        #expect(error?.description.contains("\(path) exists already") == true)
        #expect(folder.text("keys") == "precious")
        #expect(throws: TLSSetupError.self) { _ = try KeyLogFile(folder.path("nowhere/keys")) { _ in } }
    }

    @Test("says once that it is not complete")
    func fullDisk() throws {
        let told = Told()
        // Nothing fits there.
        let file = try KeyLogFile(opened: "/dev/full") { told.add("\($0)") }
        file.write(ByteBuffer(string: "one\n"))
        file.write(ByteBuffer(string: "two\n"))
        #expect(told.texts.count == 1)
        #expect(told.texts.first?.contains("not complete") == true)
    }

    private final class Told: @unchecked Sendable {
        // Used by one thread.
        var texts: [String] = []

        func add(_ text: String) { texts.append(text) }
    }
}
