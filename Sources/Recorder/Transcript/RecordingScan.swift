package import Codecs

/// Scans the pickles of a recording, event by event: every message of the ports that speak pickle, in both directions.
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
    private var ports: [Int: Port] = [:]
    private var sessions: [Int: Port] = [:]
    private var scanners: [Stream: PickleScanner] = [:]

    package init(header: RecordingHeader, policy: NamePolicy, limits: DecodingLimits = DecodingLimits()) {
        self.policy = policy
        self.limits = limits
        addPorts(header)
    }

    /// What the message of an event would import; nil where the event is no message of a pickle port.
    package mutating func scan(_ event: TranscriptEvent) -> ScanReport? {
        switch event.kind {
        case .resumed(let header):
            sessions = [:]
            scanners = [:]
            addPorts(header)
        case .opened(let opening): sessions[event.session] = ports[opening.port]
        case .closed:
            sessions[event.session] = nil
            for side in Side.allCases { scanners[Stream(session: event.session, side: side)] = nil }
        case .message(let message): return scan(message, event.session)
        default: break
        }
        return nil
    }

    private mutating func addPorts(_ header: RecordingHeader) {
        ports = [:]
        for port in header.ports {
            guard let number = port.number, let codec = try? CodecRegistry.codec(named: port.codec) else { continue }
            ports[number] = Port(codec: codec, settings: port.settings)
        }
    }

    private mutating func scan(_ message: RecordedMessage, _ session: Int) -> ScanReport? {
        // A session that began elsewhere speaks what the only port does.
        guard let port = sessions[session] ?? (ports.count == 1 ? ports.first?.value : nil),
            port.codec.payload is PickleFormat
        else { return nil }
        let pickles: [[UInt8]]
        do {
            if message.raw == nil, message.isDecoded {
                pickles = [try message.payload(codec: port.codec, settings: port.settings, limits: limits)]
            } else {
                let wire = try message.wire(codec: port.codec, settings: port.settings, limits: limits)
                pickles = Self.payloads(of: wire, port.codec, limits)
            }
        } catch {
            return ScanReport(problem: "what the line says cannot be written as a pickle")
        }
        let stream = Stream(session: session, side: message.from)
        var scanner = scanners.removeValue(forKey: stream) ?? PickleScanner(policy: policy)
        defer { scanners[stream] = scanner }
        var report = scanner.scanMessage(pickles[0])
        for pickle in pickles.dropFirst() { report.add(scanner.scanMessage(pickle)) }
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
