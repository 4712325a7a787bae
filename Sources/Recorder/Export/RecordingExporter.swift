internal import Codecs

/// Writes a recording as the packets that could have carried it, for Wireshark and everything else that reads captures.
///
/// Each session is a TCP connection between the recorded addresses, with the recorded times; what each message reads as stands beside
/// its first packet, where the format has a place for it (pcapng). What the recording lacks is lacking in the packets as well.
package struct RecordingExporter {
    /// What came of it.
    package struct Summary: Sendable, Hashable {
        package var sessions = 0
        package var messages = 0
        package var packets = 0
        /// Messages whose bytes the recording does not tell, and gaps without a length.
        package var unknown = 0
        /// The recording's last line, if it was never finished.
        package var tornLine: Int?
        package var lacksEnd = false
    }

    private struct Session {
        var connection: SynthesizedConnection
        var pair: Pair
        var messages = 0
    }

    private struct Pair: Hashable {
        var client: IPEndpoint
        var server: IPEndpoint
    }

    private let path: String
    private let reader: RecordingReader
    private let writer: CaptureWriter
    private var wires: WireBytes
    private var sessions: [Int: Session] = [:]
    private var pairs: Set<Pair> = []
    /// Nanoseconds since 1970 of the header's second 0.
    private var beginning: Int64
    private var ports: [RecordedPort]
    private let text: ConversationText
    private var summary = Summary()

    /// The longest packet that an Ethernet carries.
    private static let packetBytes = 1_500
    /// Characters of a message that stand beside its packet.
    private static let commentCharacters = 1_000
    /// A gap that takes more than this has no place between the sequence numbers of one connection.
    private static let longestGap = TCPSegmentWriter.windowBytes - 1

    /// Exports the recording at `path` to a new file.
    package static func export(_ path: String, to output: String, tool: String) throws -> Summary {
        let reader = try RecordingReader(path: path)
        let interface = CaptureInterface(name: path, linkType: .raw)
        let writer = try CaptureWriter(path: output, interface: interface, application: tool)
        do {
            var exporter = RecordingExporter(path, reader, writer)
            return try exporter.run()
        } catch {
            writer.discard()
            throw error
        }
    }

    private init(_ path: String, _ reader: RecordingReader, _ writer: CaptureWriter) {
        self.path = path
        self.reader = reader
        self.writer = writer
        wires = WireBytes(header: reader.header)
        beginning = 0
        ports = reader.header.ports
        text = ConversationText(usesColour: false, maximumValueCharacters: Self.commentCharacters)
    }

    private mutating func run() throws -> Summary {
        beginning = try beginning(of: reader.header, line: 1)
        while let event = try reader.next() {
            try write(event)
            if let failure = writer.failure { throw failure }
            if Task.isCancelled {
                throw CaptureError(.cannotWrite, writer.path, "interrupted; nothing was kept")
            }
        }
        summary.packets = try writer.end().packets
        summary.tornLine = reader.tornLine
        summary.lacksEnd = reader.lacksEnd
        return summary
    }

    private mutating func write(_ event: TranscriptEvent) throws {
        wires.follow(event)
        let time = try time(of: event)
        switch event.kind {
        case .opened(let opening): open(opening, event.session, time)
        case .message(let message): pass(message, event.session, time)
        case .gap(let gap): skip(gap, event.session, time)
        case .endOfStream(let side): change(event.session) { $0.end(side, at: time, into: &$1) }
        case .closed(let closing): close(closing, event.session, time)
        case .resumed(let header):
            beginning = try beginning(of: header, line: event.line)
            ports = header.ports
            sessions = [:]
            pairs = []
        case .ended, .unknown: break
        }
    }

    /// When an event was, as packets have it.
    private func time(of event: TranscriptEvent) throws(CaptureError) -> Int64 {
        let (fromBeginning, isTooLong) = event.time.multipliedReportingOverflow(by: 1_000)
        let (time, isTooLate) = beginning.addingReportingOverflow(fromBeginning)
        guard !isTooLong, !isTooLate, time >= 0, time / 1_000_000_000 <= lastSecond else {
            let seconds = event.time / 1_000_000
            throw noTime(event.line, "is \(seconds) s behind the recording's beginning")
        }
        return time
    }

    private func beginning(of header: RecordingHeader, line: Int) throws(CaptureError) -> Int64 {
        // A header may do without.
        if header.created.isEmpty { return beginning }
        guard let time = RecordingClock.nanoseconds(ofTimestamp: header.created), time >= 0,
            time / 1_000_000_000 <= lastSecond
        else { throw noTime(line, "was created \(TerminalText.escaped(header.created))") }
        return time
    }

    /// The last second that the format has.
    private var lastSecond: Int64 { writer.format == .pcap ? Int64(UInt32.max) : Int64.max / 1_000_000_000 }

    private func noTime(_ line: Int, _ what: String) -> CaptureError {
        let last = writer.format == .pcap ? "2106 (in pcapng to 2262)" : "2262"
        return CaptureError(.cannotWrite, path, "line \(line) \(what), and packets have times from 1970 to \(last)")
    }

    /// Has a session's connection make packets.
    private mutating func change(
        _ session: Int, _ body: (inout SynthesizedConnection, inout PacketWriter) -> Void
    ) {
        guard var found = sessions.removeValue(forKey: session) else { return }
        writer.add { packets in body(&found.connection, &packets) }
        sessions[session] = found
    }

    private mutating func open(_ opening: SessionOpening, _ number: Int, _ time: Int64) {
        let listen = ports.first { $0.number == opening.port }?.listen
        var pair = Pair(
            client: IPEndpoint(opening.peer) ?? IPEndpoint(address: .example(2), port: 49_152),
            server: IPEndpoint(address: .example(1), port: UInt16(clamping: opening.port)))
        if let server = listen.flatMap({ IPEndpoint($0) }) {
            pair.server.address = server.address.isUnspecified ? pair.client.address : server.address
        }
        // Two connections at a time need different ends.
        while pairs.contains(pair), pairs.count < 60_000 { pair.client.port = max(pair.client.port &+ 1, 1_024) }
        pairs.insert(pair)
        var connection = SynthesizedConnection(
            client: pair.client, server: pair.server,
            initialSequence: SynthesizedConnection.initialSequence(session: number), packetBytes: Self.packetBytes)
        if !opening.isContinued {
            let codec = ports.first { $0.number == opening.port }.map { ", \($0.codec)" } ?? ""
            let comment = "session \(number), port \(opening.port)\(codec)"
            writer.add { connection.open(at: time, comment: comment, into: &$0) }
        }
        if let old = sessions[number] { pairs.remove(old.pair) }
        sessions[number] = Session(connection: connection, pair: pair)
        summary.sessions += 1
    }

    private mutating func pass(_ message: RecordedMessage, _ session: Int, _ time: Int64) {
        summary.messages += 1
        guard let number = sessions[session].map({ $0.messages + 1 }) else {
            summary.unknown += 1
            return
        }
        sessions[session]?.messages = number
        guard let bytes = try? wires.bytes(of: message, session: session) else {
            summary.unknown += 1
            return
        }
        var comment = "session \(session), message \(number) from the \(message.from.rawValue)"
        if let error = message.error { comment += ", not decoded (\(TerminalText.escaped(error)))" }
        if message.isPartial { comment += ", cut off" }
        comment += ": " + text.value(message)
        change(session) { connection, packets in
            bytes.withUnsafeBytes {
                connection.pass($0, from: message.from, at: time, comment: comment, into: &packets)
            }
        }
    }

    private mutating func skip(_ gap: RecordingGap, _ session: Int, _ time: Int64) {
        guard let side = gap.from, let count = gap.bytes, count > 0, count <= Self.longestGap else {
            summary.unknown += 1
            return
        }
        change(session) { connection, packets in connection.passUnseen(count, from: side, at: time, into: &packets) }
    }

    private mutating func close(_ closing: SessionClosing, _ session: Int, _ time: Int64) {
        change(session) { connection, packets in
            switch closing.manner {
            case .clean:
                for side in [closing.by ?? .client, closing.by?.other ?? .server] {
                    connection.end(side, at: time, into: &packets)
                }
            case .reset: connection.reset(by: closing.by ?? .client, at: time, into: &packets)
            case .timeout, .limit, .error: connection.end(closing.by ?? .server, at: time, into: &packets)
            // Its recorder was stopped: what the two ends did then it does not know.
            case .shutdown: break
            }
        }
        if let closed = sessions.removeValue(forKey: session) { pairs.remove(closed.pair) }
    }
}

extension IPAddress {
    /// An address that is nobody's (RFC 5737), where none is known.
    fileprivate static func example(_ last: UInt32) -> IPAddress { .version4(0xC000_0200 | last) }

    fileprivate var isUnspecified: Bool { self == .version4(0) || self == .version6(0, 0) }
}

extension IPEndpoint {
    /// Reads `HOST:PORT`, with the brackets that IPv6 needs.
    fileprivate init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host) else { return nil }
        self.init(address: address, port: port)
    }
}
