import Codecs
import Synchronization
import TestSupport
import Testing

@testable import Recorder

@Suite("Connections on their way to another thread")
struct ConnectionHandoverTests {
    /// Used by the other thread until that has ended.
    private final class Taken: @unchecked Sendable {
        let noted = NotedConnections()
        var delivery = BatchDelivery<NotedConnections>()
        var batches: [(events: Int, bytes: Int)] = []
        /// The packet and the time of each event.
        var moments: [[Int64]] = []

        func take(_ batch: ConnectionBatch) {
            batches.append((batch.events.count, batch.bytes.count))
            delivery.deliver(batch, to: noted) { event in
                moments.append([Int64(event.packet), event.time])
                return true
            }
        }
    }

    private static func packet(_ number: Int, microseconds: Int) -> CapturedPacket {
        CapturedPacket(
            number: number, time: Int64(microseconds) * 1_000, linkType: .raw,
            bytes: UnsafeRawBufferPointer(start: nil, count: 0), originalLength: 0)
    }

    private static func opening(_ port: UInt16) -> ConnectionOpening {
        ConnectionOpening(
            client: IPEndpoint(address: .version4(1), port: port),
            server: IPEndpoint(address: .version4(2), port: 12_000), knowledge: .handshake, isJoined: port % 3 == 0)
    }

    /// What is told to whom it goes at once, and to whom it goes by way of another thread.
    private struct Both {
        let noted = NotedConnections()
        let handover: ConnectionHandover
        var open: [(NotedConnections.Session, ConnectionHandover.Place)] = []

        mutating func begin(_ opening: ConnectionOpening) throws {
            open.append((try #require(noted.opened(opening)), try #require(handover.opened(opening))))
        }

        mutating func happen(_ kind: Int, to index: Int, _ random: inout SeededGenerator) {
            let (session, place) = open[index]
            let side = Bool.random(using: &random) ? Side.client : .server
            switch kind {
            case 0:
                noted.missing(Int64(1) << 33 + Int64(kind), from: side, .acknowledged, in: session)
                handover.missing(Int64(1) << 33 + Int64(kind), from: side, .acknowledged, in: place)
            case 1:
                noted.conflict(index, from: side, in: session)
                handover.conflict(index, from: side, in: place)
            case 2:
                noted.ended(side, in: session)
                handover.ended(side, in: place)
            case 3:
                let closing = SessionClosing(Bool.random(using: &random) ? .clean : .reset, reason: "\(index)")
                noted.closed(closing, in: session)
                handover.closed(closing, in: place)
                open.remove(at: index)
            default:
                let bytes = (0..<Int.random(in: 1...1_500, using: &random)).map {
                    UInt8(truncatingIfNeeded: $0 + index)
                }
                bytes.withUnsafeBytes {
                    noted.passed($0, from: side, in: session)
                    handover.passed($0, from: side, in: place)
                }
            }
        }
    }

    @Test(
        "what they carry comes there as it was told, connection by connection", arguments: 1...4 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        let taken = Taken()
        var random = SeededGenerator(seed: seed)
        var both = Both(
            handover: try ConnectionHandover {
                taken.take($0)
                return true
            })
        var moments: [[Int64]] = []
        for number in 1...6_000 {
            both.handover.follow(Self.packet(number, microseconds: 1_000 + number))
            moments.append([Int64(number), Int64(1_000 + number)])
            if both.open.count < 2 || both.open.count < 40 && Int.random(in: 0..<20, using: &random) == 0 {
                try both.begin(Self.opening(UInt16(number)))
            } else {
                let index = Int.random(in: 0..<both.open.count, using: &random)
                both.happen(Int.random(in: 0..<40, using: &random), to: index, &random)
            }
        }
        both.handover.finish()
        #expect(taken.noted.sessions.count > 100 && taken.batches.count > 8)
        #expect(taken.moments == moments)
        #expect(taken.noted.sessions.map(\.stream) == both.noted.sessions.map(\.stream))
        #expect(taken.noted.sessions.map(\.conflicts) == both.noted.sessions.map(\.conflicts))
        #expect(taken.noted.sessions.map(\.ends) == both.noted.sessions.map(\.ends))
        #expect(taken.noted.sessions.map(\.opening.client) == both.noted.sessions.map(\.opening.client))
        #expect(taken.noted.sessions.map(\.opening.isJoined) == both.noted.sessions.map(\.opening.isJoined))
    }

    @Test("a batch goes over once it has 256 KiB or 4,096 events, or when nothing more comes for a while")
    func size() throws {
        let taken = Taken()
        let handover = try ConnectionHandover {
            taken.take($0)
            return true
        }
        let place = try #require(handover.opened(Self.opening(1)))
        for count in [(256 << 10) - 1, 1, 256 << 10] {
            [UInt8](repeating: 1, count: count).withUnsafeBytes { handover.passed($0, from: .client, in: place) }
        }
        for _ in 0..<4_097 { handover.ended(.client, in: place) }
        handover.handOver()
        handover.handOver()
        handover.finish()
        #expect(taken.batches.map(\.events) == [3, 1, 4_096, 1, 0])
        #expect(taken.batches.map(\.bytes) == [256 << 10, 256 << 10, 0, 0, 0])
    }

    @Test("a clock that jumps back takes no time with it") func clock() throws {
        let taken = Taken()
        let handover = try ConnectionHandover {
            taken.take($0)
            return true
        }
        handover.follow(Self.packet(1, microseconds: 500))
        let place = try #require(handover.opened(Self.opening(1)))
        for (number, time) in [(2, 700), (3, 600), (4, 800)] {
            handover.follow(Self.packet(number, microseconds: time))
            handover.ended(.client, in: place)
        }
        handover.finish()
        #expect(taken.moments == [[1, 500], [2, 700], [3, 700], [4, 800]])
        #expect(handover.beginning == 500 && handover.lastTime == 800)
    }

    @Test("who takes no more is asked for nothing more, and nobody waits for it") func refusal() throws {
        let asked = Mutex(0)
        let handover = try ConnectionHandover { _ in
            asked.withLock { $0 += 1 }
            return false
        }
        #expect(!handover.isRefused)
        let place = try #require(handover.opened(Self.opening(1)))
        let bytes = [UInt8](repeating: 1, count: 300 << 10)
        for _ in 0..<20 { bytes.withUnsafeBytes { handover.passed($0, from: .client, in: place) } }
        handover.finish()
        #expect(handover.isRefused)
        #expect(asked.withLock { $0 } == 1)
    }

    @Test("who reads is three batches ahead at most, however slow the other thread is") func backPressure() throws {
        let gate = ThreadQueue<Bool>()
        let sent = Mutex(0)
        let taken = Mutex(0)
        let most = Mutex(0)
        let handover = try ConnectionHandover { batch in
            // The first one waits until three are there, and each takes longer than it took to be filled.
            if taken.withLock({ $0 }) == 0 { _ = gate.take() }
            let sum = batch.bytes.withUnsafeBytes { $0.reduce(0) { $0 &+ Int($1) } }
            let ahead = sent.withLock { $0 } - taken.withLock { $0 }
            most.withLock { $0 = max($0, ahead) }
            taken.withLock { $0 += sum > 0 || batch.isLast ? 1 : 0 }
            return true
        }
        let place = try #require(handover.opened(Self.opening(1)))
        let bytes = [UInt8](repeating: 1, count: 256 << 10)
        for number in 1...100 {
            bytes.withUnsafeBytes { handover.passed($0, from: .client, in: place) }
            sent.withLock { $0 += 1 }
            if number == 3 { gate.put(true) }
        }
        handover.finish()
        #expect(taken.withLock { $0 } == 101)
        #expect(most.withLock { $0 } == 3)
    }
}
