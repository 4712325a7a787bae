package import Codecs

/// The first line of a recording: which format it has, when it began, and what its ports speak.
package struct RecordingHeader: Sendable, Hashable {
    /// The version of the format that this build writes, and the newest that it reads.
    package static let currentVersion = 1

    package var version = RecordingHeader.currentVersion
    /// UTC, `2026-11-22T10:00:00.000000Z`.
    package var created: String
    /// The program that wrote it.
    package var tool: String
    package var ports: [RecordedPort]
    /// What answers may be, where they need not be as recorded.
    package var rules: [RuleItem] = []
    /// Why the header's rules cannot be read; a sentence. The recording itself still reads.
    package var rulesFault: String?

    package init(created: String, tool: String, ports: [RecordedPort]) {
        self.created = created
        self.tool = tool
        self.ports = ports
    }

    /// The port of that number.
    package func port(numbered number: Int) -> RecordedPort? { ports.first { $0.number == number } }
}

/// A port of a recording and what it speaks.
package struct RecordedPort: Sendable, Hashable {
    /// The address that was listened on, `HOST:PORT`.
    package var listen: String
    /// The codec's name, `pickle/stream`.
    package var codec: String
    /// How payloads are written where the message says nothing else: the pickle protocol.
    package var settings: WritingSettings
    /// Its clients spoke TLS; what was recorded was inside.
    package var usesTLS: Bool

    package init(
        listen: String, codec: String, settings: WritingSettings = WritingSettings(), usesTLS: Bool = false
    ) {
        self.listen = listen
        self.codec = codec
        self.settings = settings
        self.usesTLS = usesTLS
    }

    /// The port's number.
    package var number: Int? {
        listen.lastIndex(of: ":").flatMap { Int(listen[listen.index(after: $0)...]) }
    }
}
