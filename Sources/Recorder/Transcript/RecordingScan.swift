package import Codecs

/// Scans the pickles of a recording, event by event: every message of the ports that speak pickle, in both directions.
///
/// What a port spoke may be said otherwise than its header does: then the bytes of each direction are put together again and cut
/// into new frames, and a message that is told of stands where the bytes that complete it stood.
package struct RecordingScan {
    private struct Stream: Hashable {
        var session: Int
        var side: Side
    }

    private struct Port {
        var codec: Codec
        var settings: WritingSettings
    }

    private let policy: NamePolicy
    private let limits: DecodingLimits
    private let choice: TranscriptRereading.Choice?
    private var wires: WireBytes
    private var ports: [Int: Port] = [:]
    private var sessions: [Int: Port] = [:]
    private var scanners: [Stream: PickleScanner] = [:]
    private var cutters: [Stream: FrameCutter] = [:]
    /// Whether any port speaks pickle: otherwise there is nothing to scan.
    package private(set) var hasPicklePort = false

    /// - Parameter choice: what a port is taken to have spoken; nil for what the header says.
    package init(
        header: RecordingHeader, policy: NamePolicy, limits: DecodingLimits = DecodingLimits(),
        choice: TranscriptRereading.Choice? = nil
    ) {
        self.policy = policy
        self.limits = limits
        self.choice = choice
        wires = WireBytes(header: header, limits: limits)
        addPorts(header)
    }

    /// What the message of an event would import; nil where the event is no message of a pickle port.
    package mutating func scan(_ event: TranscriptEvent) -> ScanReport? {
        wires.follow(event)
        switch event.kind {
        case .resumed(let header):
            let rest = finish()
            sessions = [:]
            scanners = [:]
            addPorts(header)
            return rest
        case .opened(let opening): sessions[event.session] = ports[opening.port]
        case .closed:
            let streams = Side.allCases.map { Stream(session: event.session, side: $0) }
            let rest = scanRests(of: streams)
            sessions[event.session] = nil
            for stream in streams { scanners[stream] = nil }
            return rest
        case .message(let message): return scan(message, event.session)
        default: break
        }
        return nil
    }

    private mutating func addPorts(_ header: RecordingHeader) {
        ports = [:]
        for port in header.ports {
            guard let number = port.number, let own = try? CodecRegistry.codec(named: port.codec) else { continue }
            let codec = choice?(number) ?? own
            ports[number] = Port(codec: codec, settings: port.settings)
            hasPicklePort = hasPicklePort || codec.payload is PickleFormat
        }
    }

    private mutating func scan(_ message: RecordedMessage, _ session: Int) -> ScanReport? {
        // A session that began elsewhere speaks what the only port does.
        guard let port = sessions[session] ?? (ports.count == 1 ? ports.first?.value : nil),
            port.codec.payload is PickleFormat
        else { return nil }
        let stream = Stream(session: session, side: message.from)
        let pickles: [[UInt8]]
        do {
            if choice != nil {
                // Told of as they are completed; nothing of them is left out.
                let bytes = try wires.bytes(of: message, session: session)
                pickles = cutters[stream, default: FrameCutter(port.codec, limits)].cut(bytes)
            } else if message.raw == nil, message.isDecoded {
                pickles = [try message.payload(codec: port.codec, settings: port.settings, limits: limits)]
            } else {
                let wire = try message.wire(codec: port.codec, settings: port.settings, limits: limits)
                pickles = Self.payloads(of: wire, port.codec, limits)
            }
        } catch {
            return ScanReport(problem: "what the line says cannot be written as a pickle")
        }
        return scan(pickles, of: stream)
    }

    private mutating func scan(_ pickles: [[UInt8]], of stream: Stream) -> ScanReport? {
        guard let first = pickles.first else { return nil }
        var scanner = scanners.removeValue(forKey: stream) ?? PickleScanner(policy: policy)
        defer { scanners[stream] = scanner }
        var report = scanner.scanMessage(first)
        for pickle in pickles.dropFirst() { report.add(scanner.scanMessage(pickle)) }
        return report
    }

    /// Scans what is left of every stream: at the end of the recording, and where another begins.
    package mutating func finish() -> ScanReport? {
        scanRests(
            of: cutters.keys.sorted { ($0.session, $0.side.rawValue) < ($1.session, $1.side.rawValue) })
    }

    private mutating func scanRests(of streams: [Stream]) -> ScanReport? {
        var report: ScanReport?
        for stream in streams {
            guard let rest = cutters.removeValue(forKey: stream)?.rest, !rest.isEmpty,
                let found = scan([rest], of: stream)
            else { continue }
            if report == nil { report = found } else { report?.add(found) }
        }
        return report
    }

    /// The payloads of the frames in bytes that passed, then what is no frame.
    private static func payloads(of wire: [UInt8], _ codec: Codec, _ limits: DecodingLimits) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var scanner: any FrameScanner = codec.framing.makeScanner(limits: limits)
        var start = 0
        while start < wire.count {
            let rest = wire[start...]
            guard let frame = try? scanner.nextFrame(in: rest.span.bytes), frame.frameBytes > 0 else { break }
            payloads.append(Array(rest[start + frame.payload.lowerBound..<start + frame.payload.upperBound]))
            start += frame.frameBytes
        }
        if start < wire.count || payloads.isEmpty { payloads.append(Array(wire[start...])) }
        return payloads
    }
}

/// Cuts the bytes of one direction into the payloads of frames, as they come.
private struct FrameCutter {
    /// Bytes of no whole frame yet.
    private(set) var rest: [UInt8] = []
    private var scanner: any FrameScanner
    /// Frames are no longer found: bytes are given as they come.
    private var isLost = false

    init(_ codec: Codec, _ limits: DecodingLimits) { scanner = codec.framing.makeScanner(limits: limits) }

    /// The payloads that these bytes complete; where frames are lost, the bytes.
    mutating func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        if isLost { return [bytes] }
        rest += bytes
        var payloads: [[UInt8]] = []
        var start = 0
        do {
            while start < rest.count {
                let unread = rest[start...]
                guard let frame = try scanner.nextFrame(in: unread.span.bytes), frame.frameBytes > 0 else { break }
                payloads.append(Array(unread[start + frame.payload.lowerBound..<start + frame.payload.upperBound]))
                start += frame.frameBytes
            }
            rest.removeFirst(start)
        } catch {
            isLost = true
            payloads.append(Array(rest[start...]))
            rest = []
        }
        return payloads
    }
}
