internal import Codecs

/// A session of a capture on its way into a recording.
final class ImportedSession {
    /// TLS that somebody decrypts: what has come of it.
    struct Encrypted {
        let decryption: TLSDecryption
        /// Encrypted bytes of each side.
        var client = 0
        var server = 0
        /// Bytes of both that were inside.
        var decrypted = 0

        init(_ decryption: TLSDecryption) { self.decryption = decryption }
    }

    let recorder: SessionRecorder
    let opening: ConnectionOpening
    @exclusivity(unchecked) var encrypted: Encrypted?
    @exclusivity(unchecked) var client: ImportedStream
    @exclusivity(unchecked) var server: ImportedStream
    /// The first FIN has been recorded.
    var hasEndOfStream = false
    /// Its place among those with unfinished messages has been noted.
    @exclusivity(unchecked) var isWaiting = false

    init(_ opening: ConnectionOpening, recorder: SessionRecorder, codec: Codec, limits: DecodingLimits) {
        self.opening = opening
        self.recorder = recorder
        client = ImportedStream(side: .client, codec: codec, limits: limits, isJoined: opening.isJoined)
        server = ImportedStream(side: .server, codec: codec, limits: limits, isJoined: opening.isJoined)
    }

    var number: Int { recorder.number }

    /// Bytes of messages whose ends have not come.
    var unfinishedBytes: Int { client.unfinished.count + server.unfinished.count }

    func withStream<Result>(_ side: Side, _ body: (inout ImportedStream) -> Result) -> Result {
        side == .client ? body(&client) : body(&server)
    }
}

@available(*, unavailable)
extension ImportedSession: Sendable {}
