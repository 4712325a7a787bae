internal import Codecs

/// A session of a capture on its way into a recording.
final class ImportedSession {
    let recorder: SessionRecorder
    var client: ImportedStream
    var server: ImportedStream
    /// The first FIN has been recorded.
    var hasEndOfStream = false
    /// Its place among those with unfinished messages has been noted.
    var isWaiting = false

    init(recorder: SessionRecorder, codec: Codec, limits: DecodingLimits) {
        self.recorder = recorder
        client = ImportedStream(side: .client, codec: codec, limits: limits)
        server = ImportedStream(side: .server, codec: codec, limits: limits)
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
