package import Codecs

/// The bytes that passed with each message of a recording, whatever its port spoke.
package struct WireBytes {
    private struct Port {
        var codec: Codec
        var settings: WritingSettings
    }

    private let limits: DecodingLimits
    private var ports: [Int: Port] = [:]
    private var sessions: [Int: Int] = [:]
    private let tree = ValueTree()

    package init(header: RecordingHeader, limits: DecodingLimits = DecodingLimits()) {
        self.limits = limits
        addPorts(header)
    }

    /// The port of a recording that has one only.
    package var onlyPort: Int? { ports.count == 1 ? ports.first?.key : nil }

    /// The port that a session is with.
    package func port(of session: Int) -> Int? { sessions[session] ?? onlyPort }

    /// Takes note of sessions and headers; called with each event before its bytes are asked for.
    package mutating func follow(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened(let opening): sessions[event.session] = opening.port
        case .closed: sessions[event.session] = nil
        case .resumed(let header):
            sessions = [:]
            addPorts(header)
        default: break
        }
    }

    /// The bytes of a message of a session. Fails where its form does not describe one.
    package func bytes(of message: RecordedMessage, session: Int) throws -> [UInt8] {
        if let raw = message.raw { return raw }
        guard let number = port(of: session), let port = ports[number] else {
            throw PayloadError(.notRepresentable, at: 0, "the recording does not say which codec this session spoke")
        }
        return try message.wire(codec: port.codec, settings: port.settings, limits: limits, reading: tree)
    }

    private mutating func addPorts(_ header: RecordingHeader) {
        ports = [:]
        for port in header.ports {
            guard let number = port.number, let codec = try? CodecRegistry.codec(named: port.codec) else { continue }
            ports[number] = Port(codec: codec, settings: port.settings)
        }
    }
}
