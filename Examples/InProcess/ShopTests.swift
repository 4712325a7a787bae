// A server in Swift and its recording, in one process: the test starts the server, replays, and asks what differs.
//
// Run it:  swift test --filter InProcessTests
import Foundation
import NIOCore
import NIOPosix
import Replay
import Testing

/// The server under test, json_server.py once more: an order comes in as a line of JSON, the invoice goes out.
private final class ShopHandler: ByteToMessageDecoder {
    typealias InboundOut = Never
    private static let cents = ["pen": 125, "book": 1_990, "stamp": 85]
    private let discountFrom: Int

    init(discountFrom: Int) { self.discountFrom = discountFrom }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return .needMoreData }
        let line = buffer.readBytes(length: end + 1 - buffer.readerIndex) ?? []
        let reply = try JSONEncoder().encode(reply(to: JSONDecoder().decode(Order.self, from: Data(line))))
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: reply + [UInt8(ascii: "\n")])), promise: nil)
        return .continue
    }

    private func reply(to order: Order) -> Reply {
        if let name = order.items.keys.first(where: { Self.cents[$0] == nil }) {
            return Reply(order: order.order, error: "we have no \(name)")
        }
        let pieces = order.items.values.reduce(0, +)
        let cents = order.items.reduce(0) { $0 + (Self.cents[$1.key] ?? 0) * $1.value }
        let total = Double(cents * (pieces >= discountFrom ? 90 : 100) / 100) / 100
        return Reply(order: order.order, invoice: Invoice(pieces: pieces, total: total))
    }

    private struct Order: Decodable {
        var order: Int
        var items: [String: Int]
    }

    private struct Reply: Encodable {
        var order: Int
        var invoice: Invoice?
        var error: String?
    }

    private struct Invoice: Encodable {
        var pieces: Int
        var total: Double
        var currency = "EUR"
    }
}

@Suite("A server in the test's own process")
struct ShopTests {
    /// Replays what clients said to the shop against one that gives a discount from so many pieces on.
    private func replay(discountFrom pieces: Int) async throws -> RecordingReport {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let shop = ByteToMessageHandler(ShopHandler(discountFrom: pieces))
                    try channel.pipeline.syncOperations.addHandler(shop)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let recording = URL(fileURLWithPath: #filePath).appendingPathComponent("../../failing/shop.tape.jsonl")
        let report = await RecordingReplay(options: ReplayOptions())
            .report(on: recording.standardizedFileURL.path, target: .addresses([:], others: server.localAddress))
        try await server.close()
        return report
    }

    @Test("answers as it was recorded")
    func right() async throws {
        let report = try await replay(discountFrom: 10)
        #expect(report.outcome == .passed, "\(TextReport(usesColour: false).text(report))")
        #expect(report.findings.matched == 4)
    }

    @Test("is found out where it answers otherwise, with the place")
    func wrong() async throws {
        let report = try await replay(discountFrom: 11)
        let text = TextReport(usesColour: false).text(report)
        #expect(report.outcome == .failed)
        #expect(report.findings.differences.map(\.line) == [6], "\(text)")
        #expect(text.contains("✗ $.invoice.total\n          - 44.82\n          + 49.8\n"), "\(text)")
    }
}
