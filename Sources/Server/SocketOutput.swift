internal import Glibc
internal import NIOCore

/// Where the bytes of a connection go: straight to its socket while nothing before them waits, else behind that into the
/// channel.
///
/// The way through the pipeline, a queue and its bookkeeping takes as long as it takes to find and answer the messages of a
/// read. What the kernel does not take at once goes that way, so waiting, its limits and errors are the channel's business
/// as ever. Confined to the channel's event loop.
struct SocketOutput {
    /// The socket, if nobody on the way to it has to see what is written.
    let descriptor: CInt?
    private var isQueued = false

    /// Bytes go into the channel.
    init() { descriptor = nil }

    /// - Parameter isPlain: neither TLS nor a capture stands between the handler and the socket.
    init(_ channel: any Channel, isPlain: Bool) {
        descriptor =
            isPlain
            ? try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (socket: CInt) in socket } : nil
    }

    /// Sends what the kernel takes at once, behind all that was sent before, and takes it from `bytes`. The rest has to be
    /// written to the channel.
    mutating func send(_ bytes: inout ByteBuffer, _ channel: any Channel) {
        guard let descriptor, hasLeft(channel) else { return }
        let sent = bytes.withUnsafeReadableBytes { bytes in
            bytes.isEmpty
                ? 0 : Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        // Where the connection is lost the channel finds that out as well, and reads what had arrived before.
        bytes.moveReaderIndex(forwardBy: max(sent, 0))
        isQueued = bytes.readableBytes > 0
    }

    /// Whether nothing waits in the channel. One that has closed has no socket any more.
    private mutating func hasLeft(_ channel: any Channel) -> Bool {
        guard channel.isActive else { return false }
        if isQueued {
            isQueued = ((try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0) > 0
        }
        return !isQueued
    }
}
