internal import NIOCore
internal import Recorder
internal import TLS

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
///
/// mocking     socket > ConnectionHandler > RecordedResponder > answers
///                        what is not recorded: FallbackConnection > server > FallbackConnection > answers
/// ```
///
/// While several connections speak, plain sockets are read by the loop's `SocketSweep` and not by NIO, into the same handlers.
///
/// There is one handler for each channel. A decoder and an encoder of their own would cost more than all the rest. Only
/// where a side speaks TLS stand `NIOSSLHandler` and `TLSConnectionHandler` before it: what is read, relayed and recorded
/// is what was inside. Between those and it, only with `--capture-from sockets`, stands a `CaptureHandler`.
enum ConnectionPipeline {
    /// Sets up an accepted channel of the port, on its event loop.
    static func configure(_ channel: any Channel, port: ServedPort, loop: LoopContext) throws {
        try setOptions(channel, loop: loop)
        if let tls = port.tls.listener {
            try addTLS(tls, to: channel, port, HandshakingClient(port: port, loop: loop))
        }
        switch port.configuration.role {
        case .answer:
            let capture = try addCapture(to: channel, ownSide: .server, loop: loop)
            try channel.pipeline.syncOperations.addHandler(
                ConnectionHandler(port: port, loop: loop, capture: capture))
        case .relay(let host, let number):
            let upstream = UpstreamConnection(host: host, port: number)
            let session = RelaySession(port: port, loop: loop, upstream: upstream)
            session.clientCapture = try addCapture(to: channel, ownSide: .server, loop: loop)
            try channel.pipeline.syncOperations.addHandler(RelayHandler(session: session, side: .client))
        }
    }

    /// Sets up a relay's channel to its upstream, on its event loop.
    static func configure(
        upstream channel: any Channel, port: ServedPort, session: RelaySession, loop: LoopContext
    ) throws {
        try setOptions(channel, loop: loop)
        if let tls = port.tls.upstream { try addTLS(tls, to: channel, port, UpstreamHandshake(session: session)) }
        session.upstreamCapture = try addCapture(to: channel, ownSide: .client, loop: loop)
        try channel.pipeline.syncOperations.addHandler(RelayHandler(session: session, side: .server))
    }

    /// Sets up the channel to the server that a mock asks what it does not know, on its event loop.
    static func configure(fallback channel: any Channel, connection: FallbackConnection, loop: LoopContext) throws {
        try setOptions(channel, loop: loop)
        connection.capture = try addCapture(to: channel, ownSide: .client, loop: loop)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// Puts a tap for the capture in front of what comes next, where there is a capture. Behind TLS, so that the bytes in
    /// the capture can be read.
    private static func addCapture(
        to channel: any Channel, ownSide: Side, loop: LoopContext
    ) throws -> CaptureHandler? {
        guard let capture = loop.capture else { return nil }
        let handler = CaptureHandler(capture: capture, ownSide: ownSide)
        try channel.pipeline.syncOperations.addHandler(handler)
        return handler
    }

    private static func addTLS(
        _ tls: TLSContext, to channel: any Channel, _ port: ServedPort, _ watcher: any TLSHandshakeWatcher
    ) throws {
        // What is read here is ciphertext, which TLS keeps until it has a whole record: the loop's buffer is no place for it.
        try channel.syncOptions?.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 4 << 10, maximum: 16 << 10))
        try tls.addHandlers(to: channel, handshakeLimit: port.tls.handshakeLimit, watcher: watcher)
    }

    private static func setOptions(_ channel: any Channel, loop: LoopContext) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        // Above the higher one a client is not read any more, below the lower one it is again.
        let most = max(loop.limits.maximumWriteBufferBytes, 1)
        try options.setOption(
            .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: max(most / 8, 1), high: most))
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.recvAllocator, value: LoopReceiveAllocator(loop: loop))
    }
}
