import Codecs
import Foundation
import NIOCore
import Recorder
import Server
import Synchronization

/// A server on a free port with a recording in a folder of its own, and what it told.
final class TestServer: Sendable {
    let server: TCPServer
    let observer: CollectingObserver
    let ports: [Int]
    let recording: RecordingWriter?
    private let folder: String

    var port: Int { ports[0] }
    var path: String { folder + "/test.tape.jsonl" }

    static func start(
        _ codec: String, reply: PortConfiguration.Reply = .echo, greeting: Greeting? = nil, records: Bool = true,
        settings: RecordingSettings = RecordingSettings(), limits: DecodingLimits = DecodingLimits(), threads: Int = 2,
        drain: Duration = .seconds(20)
    ) async throws -> TestServer {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: codec), limits: limits,
            role: .answer(reply: reply, greeting: greeting))
        return try await TestServer([port], records: records, settings: settings, threads: threads, drain: drain)
    }

    static func relay(
        _ codec: String, to port: Int, records: Bool = true, drain: Duration = .seconds(20)
    ) async throws -> TestServer {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: codec), role: .relay(host: "127.0.0.1", port: port))
        return try await TestServer([port], records: records, threads: 2, drain: drain)
    }

    init(
        _ ports: [PortConfiguration], records: Bool, settings: RecordingSettings = RecordingSettings(), threads: Int,
        drain: Duration, handshakeLimit: Duration = .seconds(60)
    ) async throws {
        var configuration = ServerConfiguration(ports: ports, threads: threads)
        configuration.drain = drain
        configuration.handshakeLimit = handshakeLimit
        observer = CollectingObserver()
        server = try TCPServer(configuration: configuration, observer: observer)
        let addresses = try await server.bind()
        self.ports = addresses.map { $0.port ?? 0 }
        folder = NSTemporaryDirectory() + "server-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if records {
            let header = RecordingHeader(
                created: RecordingClock.timestamp(), tool: "test",
                ports: zip(ports, addresses).map { port, address in
                    RecordedPort(
                        listen: "127.0.0.1:\(address.port ?? 0)", codec: port.codec.name,
                        settings: port.codec.payload.defaultSettings)
                })
            recording = try RecordingWriter(path: folder + "/test.tape.jsonl", header: header, settings: settings)
        } else {
            recording = nil
        }
        try await server.serve(recording: recording)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Stops the server and gives the recording's lines without header and times.
    @discardableResult
    func stop() async throws -> [String] {
        await server.stop()
        return try lines()
    }

    /// The lines that are in the file now, without header and times.
    func lines() throws -> [String] {
        guard recording != nil else { return [] }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map { line in
            "{" + line.drop { $0 != "," }.dropFirst()
        }
    }
}

/// Keeps what a server tells.
final class CollectingObserver: ServerObserver {
    struct Told {
        var opened: [SessionIdentity] = []
        var messages = 0
        var problems: [String] = []
        var closed: [Int: SessionClosing] = [:]
        var serverProblems: [String] = []
        var childLines: [String] = []
    }

    private struct State {
        var told = Told()
        var waiting: [(condition: @Sendable (Told) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    var all: Told { state.withLock { $0.told } }

    func sessionOpened(_ session: SessionIdentity) { tell { $0.opened.append(session) } }
    func message(_ session: SessionIdentity, from side: Side, tree: ValueTree, codec: Codec, frameBytes: Int) {
        tell { $0.messages += 1 }
    }
    func problem(_ session: SessionIdentity, _ text: String, bytes: RawSpan) { tell { $0.problems.append(text) } }
    func sessionClosed(_ session: SessionIdentity, _ closing: SessionClosing) {
        tell { $0.closed[session.number] = closing }
    }
    func childSaid(_ line: String, port: Int) { tell { $0.childLines.append(line) } }
    func serverProblem(_ text: String) { tell { $0.serverProblems.append(text) } }

    private func tell(_ change: (inout Told) -> Void) {
        let met = state.withLock { state in
            change(&state.told)
            let told = state.told
            let met = state.waiting.filter { $0.condition(told) }
            state.waiting.removeAll { $0.condition(told) }
            return met.map(\.continuation)
        }
        for continuation in met { continuation.resume(returning: true) }
    }

    /// Waits until `condition` holds.
    func until(_ condition: @escaping @Sendable (Told) -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let isMet = state.withLock { state in
                if condition(state.told) { return true }
                state.waiting.append((condition, continuation))
                return false
            }
            if isMet { continuation.resume(returning: true) }
        }
    }
}

/// A payload behind its length in four bytes, as `raw/u32be` has it.
func frame(_ payload: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
}

func frame(_ text: String) -> [UInt8] { frame(Array(text.utf8)) }
