import Codecs
import Foundation
import Glibc
import NIOCore
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("A client's connection")
struct TargetConnectionTests {
    /// A connection, what it tells, and the server's end of it.
    private final class Meeting {
        private(set) var server: CInt
        let connection: TargetConnection
        private let told = Told()

        private final class Told {
            var inputs: [ReplayMachine.Input] = []
        }

        init() throws {
            let listener = try LoopbackSocket.bound(listening: 8)
            defer { close(listener) }
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: LoopbackSocket.localPort(of: listener))
            let socket = try ClientSocket(to: address)
            server = accept(listener, nil, nil)
            try #require(server >= 0)
            let told = told
            connection = TargetConnection(
                socket, to: address, session: 1, token: 1,
                reader: MessageReader(codec: try CodecRegistry.codec(named: "raw/u32be"), limits: DecodingLimits()),
                tree: ValueTree(), scratch: TargetConnection.Scratch(), tell: { told.inputs.append($0) })
            connection.begin()
        }

        deinit { if server >= 0 { close(server) } }

        /// The server resets the connection, once all that it sent has arrived: what has not is lost then.
        func serverResets() {
            var queued: CInt = 1
            while ioctl(server, UInt(TIOCOUTQ), &queued) == 0, queued > 0 { sched_yield() }
            ClientSocket.reset(server)
            server = -1
        }

        var messages: Int { told.inputs.count { if case .received = $0 { true } else { false } } }

        var end: (isReset: Bool, isLast: Bool)? {
            for (place, input) in told.inputs.enumerated() {
                if case .ended(_, let isReset) = input { return (isReset, place == told.inputs.count - 1) }
            }
            return nil
        }

        /// The server sends as many messages of so many bytes as the kernel takes; how many those are.
        func serverSends(_ count: Int, of bytes: Int) -> Int {
            let length = withUnsafeBytes(of: UInt32(bytes).bigEndian, Array.init)
            let message = length + [UInt8](repeating: 0x61, count: bytes)
            for number in 0..<count {
                var sent = 0
                while sent < message.count {
                    let more = message[sent...].withUnsafeBytes {
                        send(server, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { return number }
                    sent += more
                }
            }
            return count
        }
    }

    @Test("tells of all that a server said before it reset the connection, where a write finds that out")
    func resetFoundByWrite() throws {
        let meeting = try Meeting()
        let sent = meeting.serverSends(4, of: 5_000)
        #expect(sent == 4)
        meeting.serverResets()
        meeting.connection.send([0, 0, 0, 1, 7])
        for _ in 0..<100 where meeting.end == nil { meeting.connection.ready(.reading) }
        #expect(meeting.messages == sent)
        #expect(meeting.end?.isReset == true && meeting.end?.isLast == true)
    }

    @Test("tells of an end without a reset as such")
    func finished() throws {
        let meeting = try Meeting()
        #expect(meeting.serverSends(3, of: 10) == 3)
        shutdown(meeting.server, CInt(SHUT_WR))
        for _ in 0..<100 where meeting.end == nil { meeting.connection.ready(.reading) }
        #expect(meeting.messages == 3 && meeting.end?.isReset == false)
    }

    @Test("reads no more than so much in a turn, and nothing while that is not wanted")
    func turns() throws {
        let meeting = try Meeting()
        let sent = meeting.serverSends(60_000, of: 2)
        #expect(sent == 60_000)
        meeting.connection.ready(.reading)
        let first = meeting.messages
        #expect(first > 0 && first <= (64 << 10) / 6)
        meeting.connection.isReading = false
        meeting.connection.ready(.reading)
        #expect(meeting.messages == first)
        meeting.connection.isReading = true
        for _ in 0..<1_000 where meeting.messages < sent { meeting.connection.ready(.reading) }
        #expect(meeting.messages == sent)
    }

    @Test("that is closed sends first what is left, and throws away what comes until then")
    func leaving() throws {
        let meeting = try Meeting()
        let upload = [UInt8](repeating: 7, count: 20 << 20)
        meeting.connection.send(upload)
        meeting.connection.close()
        #expect(!meeting.connection.isClosed && meeting.connection.isLeaving)
        #expect(meeting.serverSends(3, of: 10) == 3)
        var got = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while got < upload.count {
            let count = recv(meeting.server, &buffer, buffer.count, CInt(MSG_DONTWAIT))
            if count > 0 { got += count } else { try #require(errno == EAGAIN) }
            meeting.connection.ready([.reading, .writing])
        }
        #expect(meeting.connection.isClosed && meeting.messages == 0)
        #expect(recv(meeting.server, &buffer, 1, 0) == 0)
    }
}
