import Codecs
import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Recorder

@Suite("A capture that is being written")
struct CaptureWriterTests {
    static let interface = CaptureInterface(name: "test", linkType: .raw)

    @Test("is its owner's alone, and on disk as soon as it is committed")
    func commit() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcap")
        let before = umask(0)
        defer { umask(before) }
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(size(path) == 24)
        writer.add { Self.packet([1, 2, 3], &$0) }
        #expect(size(path) == 24)
        writer.commit()
        #expect(size(path) == 24 + 16 + 3)
        #expect(try writer.end() == CaptureSummary(packets: 1))
        #expect(try writer.end() == CaptureSummary(packets: 1))
        writer.add { Self.packet([4], &$0) }
        writer.commit()
        #expect(size(path) == 24 + 16 + 3)
    }

    @Test("leaves what is there as it is", arguments: ["file", "link", "folder", "pipe"])
    func existing(what: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcapng")
        switch what {
        case "file": try folder.write("precious", to: "a.pcapng")
        case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.path("b"))
        case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        default: #expect(mkfifo(path, 0o600) == 0)
        }
        let error = #expect(throws: CaptureError.self) {
            _ = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        }
        #expect(error?.code == .cannotOpen)
        let reason = ["file": "exists already, and nothing is", "link": "is a link", "folder": "is a folder"][what]
        #expect(error?.description.hasPrefix("\(path): \(reason ?? "is a pipe")") == true)
        if what == "file" { #expect(folder.text("a.pcapng") == "precious") }
        #expect(folder.text("b") == nil)
    }

    @Test("a folder that is not there is named")
    func noFolder() throws {
        let error = #expect(throws: CaptureError.self) {
            _ = try CaptureWriter(path: "/nowhere/a.pcap", interface: Self.interface, application: "test")
        }
        #expect(error?.description == "/nowhere/a.pcap: cannot make this file: No such file or directory")
    }

    @Test("ends with its last whole packet when a write fails, and says so once")
    func fullDisk() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcap")
        let failures = Mutex<[CaptureError]>([])
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test") { error in
            failures.withLock { $0.append(error) }
        }
        writer.add { Self.packet([1, 2, 3], &$0) }
        writer.commit()
        fill(path)
        for _ in 0..<3 {
            writer.add { Self.packet([4, 5], &$0) }
            writer.commit()
        }
        let failure = CaptureError(
            .cannotWrite, path, "cannot write: No space left on device; the capture ends here")
        #expect(failures.withLock { $0 } == [failure])
        #expect(throws: failure) { try writer.end() }
        #expect(throws: failure) { try writer.end() }
        #expect(size(path) == 24 + 16 + 3)
    }

    @Test("holds whole packets, whichever operation fails, and says so once", arguments: [false, true])
    func everyOperation(forEver: Bool) throws {
        var failing = 0
        while true {
            let disk = FaultyDisk(failing: failing, forEver: forEver)
            let told = Mutex(0)
            var (isMade, failure) = (false, CaptureError?.none)
            do throws(CaptureError) {
                let writer = try CaptureWriter(
                    path: "/nowhere/a.pcap", interface: Self.interface, application: "test",
                    operations: disk.operations
                ) { _ in told.withLock { $0 += 1 } }
                isMade = true
                for count in 1...5 {
                    writer.add { Self.packet([UInt8](repeating: 7, count: count * 9), &$0) }
                    writer.commit()
                }
                _ = try writer.end()
            } catch {
                failure = error
            }
            let state = disk.now
            guard state.operations > failing else {
                #expect(failure == nil && failing > 15)
                return
            }
            #expect(failure != nil, "operation \(failing) failed and nobody was told")
            #expect(told.withLock { $0 } <= 1)
            if isMade, !state.failedToCut {
                let whole = state.bytes.withUnsafeBytes { bytes in
                    24 + PacketWriter.wholeBytes(of: .init(rebasing: bytes[24...]), .pcap)
                }
                #expect(state.bytes.count == whole, "operation \(failing)")
            }
            failing += 1
        }
    }

    @Test("knows where the last whole packet ends in what was written of many", arguments: CaptureFormat.allCases)
    func wholeBytes(format: CaptureFormat) {
        var packets = PacketWriter(format: format)
        var ends = [0]
        for count in [0, 1, 4, 7, 300] {
            Self.packet([UInt8](repeating: 0xFF, count: count), &packets)
            ends.append(packets.bytes.count)
        }
        packets.bytes.withUnsafeBytes { bytes in
            for count in 0...bytes.count {
                let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                #expect(PacketWriter.wholeBytes(of: part, format) == ends.last { $0 <= count })
            }
        }
    }

    @Test("secrets stand in front of every packet that was not written before them")
    func secrets() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcapng")
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        writer.add { Self.packet([1], &$0) }
        writer.commit()
        writer.add { Self.packet([2], &$0) }
        writer.addSecrets(Array("CLIENT_RANDOM 1 2\n".utf8))
        writer.addSecrets([])
        writer.add { Self.packet([3], &$0) }
        _ = try writer.end()
        // Section, interface, packet, secrets, packet, packet, statistics.
        #expect(try blocks(path) == [0x0A0D_0D0A, 1, 6, 10, 6, 6, 5])
    }

    @Test("secrets have no place in a pcap file")
    func noSecrets() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcap")
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        writer.addSecrets(Array("CLIENT_RANDOM 1 2\n".utf8))
        _ = try writer.end()
        #expect(size(path) == 24)
    }

    @Test("what waits is written before it is much")
    func bounded() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcap")
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        let large = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<5 { writer.add { Self.packet(large, &$0) } }
        #expect(size(path) > 4 << 20)
        _ = try writer.end()
    }

    @Test("packets of many threads stand whole in one order")
    func threads() throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.pcapng")
        let writer = try CaptureWriter(path: path, interface: Self.interface, application: "test")
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for count in 0..<200 {
                writer.add { Self.packet([UInt8](repeating: UInt8(number), count: count), &$0) }
                if count.isMultiple(of: 3) { writer.commit() }
            }
        }
        #expect(try writer.end() == CaptureSummary(packets: 1600))
        #expect(try blocks(path).filter { $0 == 6 }.count == 1600)
    }

    private static func packet(_ bytes: [UInt8], _ packets: inout PacketWriter) {
        let start = packets.beginPacket(at: CaptureClock.now())
        packets.bytes.append(bytes)
        packets.endPacket(start)
    }

    /// Puts a device that is always full in the place of an open file.
    private func fill(_ path: String) {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            if target == path, let number = Int32(name) { dup2(full, number) }
        }
    }

    private func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? -1
    }

    /// The kinds of a file's blocks; each must have its length at both ends.
    private func blocks(_ path: String) throws -> [UInt32] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        func number(_ offset: Int) -> UInt32 {
            bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        var kinds: [UInt32] = []
        var offset = 0
        while offset < bytes.count {
            let length = Int(number(offset + 4))
            try #require(length >= 12 && length.isMultiple(of: 4) && offset + length <= bytes.count)
            #expect(Int(number(offset + length - 4)) == length)
            kinds.append(number(offset))
            offset += length
        }
        return kinds
    }
}
