import Foundation
import Recorder
import Synchronization
import TestSupport
import Testing

@Suite("Live capture")
struct LiveCaptureTests {
    @Test(
        "the loopback interface is enough where every host is a loopback address",
        arguments: [
            (["127.0.0.1"], "lo"), (["127.9.9.9", "::1"], "lo"), (["localhost"], "lo"), (["::ffff:127.0.0.1"], "lo"),
            (["0.0.0.0"], "any"), (["::"], "any"), (["127.0.0.1", "192.0.2.1"], "any"), (["12.7.0.0"], "any"),
            (["example.org"], "any"), (["::2"], "any"),
        ])
    func interface(hosts: [String], expected: String) {
        #expect(LiveCapture.interface(for: hosts) == expected)
    }

    @Test("the filter names each port once")
    func filter() {
        #expect(LiveCapture.filter(for: [12000, 7, 12000]) == "tcp and (port 7 or port 12000)")
        #expect(LiveCapture.filter(for: []) == nil)
        #expect(LiveCapture.filter(for: [0]) == nil)
        #expect(LiveCapture.filter(for: [65_536]) == nil)
    }

    @Test(
        "a conversation is in the file from its SYN to its last FIN",
        .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func conversation() throws {
        let folder = try TemporaryFolder()
        let listener = try Loopback.Listener()
        let other = try Loopback.Listener()
        let capture = try LiveCapture(path: folder / "a.pcap", addresses: [("127.0.0.1", listener.port)])
        try other.exchange("elsewhere", "too")
        try listener.exchange("PING-FROM-CLIENT", "PONG-FROM-SERVER")
        let summary = try capture.stop()

        let packets = try CaptureFile(path: folder / "a.pcap")
        #expect(packets.linkType == 1)
        #expect(summary == CaptureSummary(packets: packets.packets.count))
        #expect(packets.count(containing: "PING-FROM-CLIENT") == 1)
        #expect(packets.count(containing: "PONG-FROM-SERVER") == 1)
        #expect(packets.count(containing: "elsewhere") == 0)
        #expect(try capture.stop() == summary)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder / "a.pcap")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(
        "tcpdump reads the file",
        .enabled(if: CaptureRight.isThere, CaptureRight.lacking),
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tcpdump"), "tcpdump is not installed"))
    func readByTcpdump() throws {
        let folder = try TemporaryFolder()
        let listener = try Loopback.Listener()
        let capture = try LiveCapture(path: folder / "a.pcap", addresses: [("0.0.0.0", listener.port)])
        try listener.exchange("PING", "PONG")
        let summary = try capture.stop()

        let read = try ShortProgram.run(
            "tcpdump", ["-nn", "-q", "-r", "-"],
            input: FileHandle(forReadingFrom: URL(filePath: folder / "a.pcap")))
        let text = String(decoding: read.output, as: UTF8.self)
        #expect(read.status == 0)
        let lines = text.split(separator: "\n")
        #expect(lines.count == summary.packets)
        #expect(lines.filter { $0.hasSuffix("> 127.0.0.1.\(listener.port): tcp 4") }.count == 1)
        #expect(lines.filter { $0.contains("127.0.0.1.\(listener.port) > ") && $0.hasSuffix(": tcp 4") }.count == 1)
    }

    @Test(
        "a pcapng file says where, what and how many, and has secrets in front of what comes later",
        .enabled(if: CaptureRight.isThere, CaptureRight.lacking), .enabled(if: Tshark.isInstalled, Tshark.lacking),
        arguments: [false, true])
    func pcapng(awaitsSecrets: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.pcapng"
        let listener = try Loopback.Listener()
        let capture = try LiveCapture(
            path: path, addresses: [("127.0.0.1", listener.port)], interface: "any", awaitsSecrets: awaitsSecrets)
        #expect(capture.interface == "any")
        capture.addSecrets(Array("CLIENT_RANDOM 00 11\n".utf8))
        try listener.exchange("PING", "PONG")
        let summary = try capture.stop()
        let followed = try await Tshark.follow(path)
        #expect(followed.client == Array("PING".utf8))
        #expect(followed.server == Array("PONG".utf8))
        let packets = try await Tshark.fields(["frame.interface_name", "frame.len"], of: path)
        #expect(packets.count == summary.packets)
        #expect(packets.allSatisfy { $0[0] == "any" })
        let bytes = try Data(contentsOf: URL(filePath: path))
        let secrets = try #require(bytes.firstRange(of: Data("CLIENT_RANDOM 00 11\n".utf8)))
        let packet = try #require(bytes.firstRange(of: Data("PING".utf8)))
        #expect(secrets.lowerBound < packet.lowerBound)
    }

    @Test("an interface that is not there is named", .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func noInterface() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: CaptureError.self) {
            _ = try LiveCapture(path: folder / "a.pcap", addresses: [("127.0.0.1", 9)], interface: "nosuch")
        }
        #expect(error?.code == .cannotCapture)
        #expect(error?.reason.hasPrefix("cannot capture on nosuch: there is no such interface; there are ") == true)
        #expect(!FileManager.default.fileExists(atPath: folder / "a.pcap"))
    }

    @Test("packets are in the file while the capture runs", .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func flushed() async throws {
        let folder = try TemporaryFolder()
        let listener = try Loopback.Listener()
        let capture = try LiveCapture(path: folder / "a.pcap", addresses: [("127.0.0.1", listener.port)])
        try listener.exchange("HERE-ALREADY", "yes")
        let deadline = ContinuousClock.now + .seconds(20)
        var seen = 0
        while seen == 0, ContinuousClock.now < deadline {
            await Task.yield()
            seen = try CaptureFile(path: folder / "a.pcap").count(containing: "HERE-ALREADY")
        }
        #expect(seen == 1)
        _ = try capture.stop()
    }

    @Test("a file that exists is left as it was", .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func existingFile() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.pcap"
        try Data("precious".utf8).write(to: URL(filePath: path))
        let error = #expect(throws: CaptureError.self) {
            _ = try LiveCapture(path: path, addresses: [("127.0.0.1", 9)])
        }
        #expect(error?.code == .cannotOpen)
        #expect(error?.description.hasPrefix("\(path): exists already, and nothing is overwritten: ") == true)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
    }

    @Test("a full disk ends the capture and is reported", .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.pcap"
        let listener = try Loopback.Listener()
        let (failures, continuation) = AsyncStream.makeStream(of: CaptureError.self)
        let capture = try LiveCapture(path: path, addresses: [("127.0.0.1", listener.port)]) { error in
            continuation.yield(error)
        }
        // The capture's descriptors become those of a device that is always full.
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            if target == path, let number = Int32(name) { dup2(full, number) }
        }
        try listener.exchange("a", "b")
        let reported = try #require(await failures.first { _ in true })
        #expect(reported.code == .cannotWrite)
        #expect(reported.reason == "cannot write: No space left on device; the capture ends here")
        #expect(throws: reported) { try capture.stop() }
        try listener.exchange("the server", "goes on")
    }

    @Test("without the right to capture the error says how to get it, and there is no file")
    func noRight() throws {
        let folder = try TemporaryFolder()
        let path = folder / "a.pcap"
        let caught = Rights.withoutAny { () -> CaptureError? in
            do throws(CaptureError) {
                _ = try LiveCapture(path: path, addresses: [("127.0.0.1", 9)])
                return nil
            } catch {
                return error
            }
        }
        let error = try #require(caught ?? nil)
        #expect(error.code == .noRight)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        #expect(error.reason.contains("`sudo setcap cap_net_raw,cap_net_admin+eip \(program)`"))
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("no port is an error")
    func noPort() {
        let error = #expect(throws: CaptureError.self) { _ = try LiveCapture(path: "/nowhere/a.pcap", addresses: []) }
        #expect(error?.code == .cannotCapture)
    }
}

/// What this process may do.
private enum Rights {
    /// Runs the closure on a thread that has given up all its capabilities; they belong to the thread alone.
    static func withoutAny<T: Sendable>(_ body: @escaping @Sendable () -> T) -> T? {
        typealias CapabilitySet = @convention(c) (UnsafeRawPointer, UnsafeRawPointer) -> Int32
        guard let symbol = dlsym(nil, "capset") else { return nil }
        let capset = unsafeBitCast(symbol, to: CapabilitySet.self)
        let result = ThreadResult<T>()
        let done = DispatchSemaphore(value: 0)
        Thread {
            // Version 3 of linux/capability.h, this thread; two sets of effective, permitted, inheritable.
            let header: [UInt32] = [0x2008_0522, 0]
            let nothing = [UInt32](repeating: 0, count: 6)
            if capset(header, nothing) == 0 { result.value.withLock { $0 = body() } }
            done.signal()
        }.start()
        done.wait()
        return result.value.withLock { $0 }
    }
}

private final class ThreadResult<T: Sendable>: Sendable {
    let value = Mutex<T?>(nil)
}

/// A pcap file as pcap-savefile(5) has it: 24 bytes of header, then 16 bytes before each packet.
private struct CaptureFile {
    var linkType: UInt32
    var packets: [Data] = []

    init(path: String) throws {
        let data = try Data(contentsOf: URL(filePath: path))
        func number(_ offset: Int) -> UInt32 {
            data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        try #require(data.count >= 24)
        #expect(number(0) == 0xA1B2_3C4D, "nanoseconds")
        #expect(number(16) == 262_144)
        linkType = number(20)
        var offset = 24
        while offset + 16 <= data.count {
            let length = Int(number(offset + 8))
            guard offset + 16 + length <= data.count else { break }
            packets.append(data[offset + 16..<offset + 16 + length])
            offset += 16 + length
        }
    }

    func count(containing text: String) -> Int { packets.filter { $0.range(of: Data(text.utf8)) != nil }.count }
}

/// Connections on 127.0.0.1.
private enum Loopback {
    final class Listener {
        let descriptor: Int32
        let port: Int

        init() throws {
            descriptor = try LoopbackSocket.bound(listening: 5)
            port = LoopbackSocket.localPort(of: descriptor)
        }

        deinit { close(descriptor) }

        /// A connection: the client's bytes, the server's bytes, the client closes, the server closes.
        func exchange(_ request: String, _ answer: String) throws {
            let client = try LoopbackSocket.make()
            try LoopbackSocket.connect(client, to: port)
            let server = accept(descriptor, nil, nil)
            send(client, request, request.utf8.count, 0)
            try receive(server, request.utf8.count)
            send(server, answer, answer.utf8.count, 0)
            try receive(client, answer.utf8.count)
            close(client)
            try receive(server, 0)
            close(server)
        }

        private func receive(_ descriptor: Int32, _ count: Int) throws {
            var buffer = [UInt8](repeating: 0, count: max(count, 1))
            try #require(recv(descriptor, &buffer, buffer.count, count > 0 ? Int32(MSG_WAITALL) : 0) == count)
        }
    }
}
