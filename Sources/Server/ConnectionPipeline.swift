internal import NIOCore
internal import Recorder

/// What a byte meets on its way.
///
/// ```
/// answering   socket > receive buffer of the loop > ConnectionHandler
///                        StreamTap: framing > payload > SessionRecorder, ServerObserver
///                        Responder > SessionRecorder, ServerObserver > answers
///                        end of the turn: RecordingWriter.commit > answers > socket
///
/// relaying    client > RelayHandler > upstream          at once
///                        StreamTap, beside it
///             upstream > RelayHandler > commit > client
/// ```
///
/// There is one handler for each channel. A decoder and an encoder of their own would cost more than all the rest.
enum ConnectionPipeline {
    /// Above the higher one a client is not read any more, below the lower one it is again.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 256 << 10)

    /// Sets up an accepted channel of the port, on its event loop.
    static func configure(_ channel: any Channel, port: ServedPort, loop: LoopContext) throws {
        try setOptions(channel, loop: loop)
        switch port.configuration.role {
        case .answer:
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(port: port, loop: loop))
        case .relay(let host, let number):
            let session = RelaySession(port: port, loop: loop, upstreamHost: host, upstreamPort: number)
            try channel.pipeline.syncOperations.addHandler(RelayHandler(session: session, side: .client))
        }
    }

    /// Sets up a relay's channel to its upstream, on its event loop.
    static func configure(upstream channel: any Channel, session: RelaySession, loop: LoopContext) throws {
        try setOptions(channel, loop: loop)
        try channel.pipeline.syncOperations.addHandler(RelayHandler(session: session, side: .server))
    }

    private static func setOptions(_ channel: any Channel, loop: LoopContext) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.writeBufferWaterMark, value: waterMark)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.recvAllocator, value: LoopReceiveAllocator(loop: loop))
    }
}
