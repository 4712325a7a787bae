import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import Server

@Suite("What goes straight to a socket") struct SocketOutputTests {
    /// A connection whose client reads when it is asked to.
    private struct Connection {
        let listener: any Channel
        let channel: any Channel
        let client: LoopbackClient

        init() async throws {
            let accepted = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: (any Channel).self)
            listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(WhenActive(told: accepted))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            client = try LoopbackClient(port: listener.localAddress?.port ?? 0)
            channel = try await accepted.futureResult.get()
        }

        func close() async throws {
            try await listener.close()
            try? await channel.close()
        }
    }

    private final class WhenActive: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let told: EventLoopPromise<any Channel>

        init(told: EventLoopPromise<any Channel>) { self.told = told }

        func channelActive(context: ChannelHandlerContext) { told.succeed(context.channel) }
    }

    private static func piece(_ number: Int) -> [UInt8] {
        Array(repeating: UInt8(truncatingIfNeeded: number), count: 64 << 10)
    }

    @Test("keeps its order when the kernel takes no more, and goes straight again when all has left")
    func order() async throws {
        let connection = try await Connection()
        let channel = connection.channel
        let count = 400
        let output = try await channel.eventLoop.submit {
            var output = SocketOutput(channel, isPlain: true)
            var rests: [Int] = []
            for number in 0..<count {
                var bytes = ByteBuffer(bytes: Self.piece(number))
                output.send(&bytes, channel)
                rests.append(bytes.readableBytes)
                if bytes.readableBytes > 0 { channel.writeAndFlush(bytes, promise: nil) }
            }
            // The first goes out whole, one in part maybe, and none overtakes it.
            #expect(rests.first == 0)
            let full = try #require(rests.firstIndex { $0 > 0 })
            #expect(rests[(full + 1)...].allSatisfy { $0 == 64 << 10 })
            return NIOLoopBound(output, eventLoop: channel.eventLoop)
        }.get()
        for number in 0..<count {
            #expect(await connection.client.read(64 << 10) == Self.piece(number))
        }
        try await channel.eventLoop.submit {
            var output = output.value
            var bytes = ByteBuffer(string: "again")
            // The last write may have to be told of yet.
            if try channel.syncOptions?.getOption(.bufferedWritableBytes) == 0 {
                output.send(&bytes, channel)
                #expect(bytes.readableBytes == 0)
            } else {
                channel.writeAndFlush(bytes, promise: nil)
            }
        }.get()
        #expect(await connection.client.read(5) == Array("again".utf8))
        try await connection.close()
    }

    @Test("is nothing where something on the way has to see it, nor where there is no socket")
    func notPlain() async throws {
        let connection = try await Connection()
        let channel = connection.channel
        try await channel.eventLoop.submit {
            var output = SocketOutput(channel, isPlain: false)
            var bytes = ByteBuffer(string: "all")
            output.send(&bytes, channel)
            #expect(bytes.readableBytes == 3)
        }.get()
        try await connection.close()

        let embedded = EmbeddedChannel()
        var output = SocketOutput(embedded, isPlain: true)
        var bytes = ByteBuffer(string: "all")
        output.send(&bytes, embedded)
        #expect(bytes.readableBytes == 3)
        _ = try? embedded.finish()
    }

    @Test("is nothing once the channel has closed, whose number another file may have by then")
    func closed() async throws {
        let connection = try await Connection()
        let channel = connection.channel
        let output = try await channel.eventLoop.submit {
            NIOLoopBound(SocketOutput(channel, isPlain: true), eventLoop: channel.eventLoop)
        }.get()
        try await channel.close()
        try await channel.eventLoop.submit {
            var output = output.value
            var bytes = ByteBuffer(string: "all")
            output.send(&bytes, channel)
            #expect(bytes.readableBytes == 3)
        }.get()
        try await connection.close()
    }

    @Test("leaves it to the channel to find out that the client is gone")
    func lost() async throws {
        let connection = try await Connection()
        let channel = connection.channel
        let output = try await channel.eventLoop.submit {
            try? channel.syncOptions?.setOption(.autoRead, value: false)
            return NIOLoopBound(SocketOutput(channel, isPlain: true), eventLoop: channel.eventLoop)
        }.get()
        connection.client.reset()
        let ended = channel.closeFuture
        try await channel.eventLoop.submit {
            var output = output.value
            // The first may still be taken; the channel ends with one of those that are not.
            for _ in 0..<1_000 where channel.isActive {
                var bytes = ByteBuffer(bytes: Self.piece(0))
                output.send(&bytes, channel)
                if bytes.readableBytes > 0 { channel.writeAndFlush(bytes, promise: nil) }
            }
        }.get()
        try await ended.get()
        try await connection.listener.close()
    }
}
