package import Codecs

/// A server's port whose connections are imported.
package struct ImportedPort: Sendable {
    package var number: Int
    /// What is spoken there; nil: found by reading the first bytes.
    package var codec: Codec?
    /// The pickle protocol of messages that name none in the recording; nil: the codec's own.
    package var protocolVersion: Int?

    package init(number: Int, codec: Codec?, protocolVersion: Int? = nil) {
        self.number = number
        self.codec = codec
        self.protocolVersion = protocolVersion
    }
}

/// How a capture is imported.
package struct ImportSettings: Sendable {
    /// The ports that are wanted; none: all.
    package var ports: [ImportedPort] = []
    /// What is spoken on ports that were not named; nil: found by reading the first bytes.
    package var otherCodec: Codec?
    /// Which packets are read, in libpcap's language.
    package var filter: String?
    /// A file with the keys of TLS connections, as `SSLKEYLOGFILE` has them. What stands in the capture is used in any case.
    package var keyLog: String?
    /// Leave out segments whose checksum does not fit.
    package var dropsWrongChecksums = false
    package var limits = DecodingLimits()
    package var reassembly = ReassemblyLimits()
    /// Bytes of unfinished messages that are kept of all sessions.
    package var unfinishedBytes = 256 << 20
    /// The program that imports, for the header.
    package var tool: String
    package var redaction: Redaction?
    package var recording = RecordingSettings()

    package init(tool: String) { self.tool = tool }

    /// Whether the capture has to be looked at first: for the codec of some port, or for which ports there are, since the header
    /// names them all.
    package var needsSurvey: Bool { ports.isEmpty || ports.contains { $0.codec == nil } }
}
