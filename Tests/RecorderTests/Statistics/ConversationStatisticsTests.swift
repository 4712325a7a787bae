import Codecs
import Testing

@testable import Recorder

@Suite("Statistics of a conversation") struct ConversationStatisticsTests {
    private static let header = RecordingHeader(
        created: "", tool: "", ports: [RecordedPort(listen: "127.0.0.1:12000", codec: "json/lines")])

    private struct Playback {
        var statistics = ConversationStatistics(header: ConversationStatisticsTests.header)
        var ended: [SessionStatistics] = []

        mutating func play(
            _ time: Int64, _ session: Int, _ kind: TranscriptEvent.Kind, bytes: Int = 10, isCounted: Bool = true
        ) {
            ended += statistics.take(
                TranscriptEvent(time: time, session: session, kind: kind), bytes: bytes, isCounted: isCounted)
        }

        mutating func open(_ time: Int64, _ session: Int, port: Int = 12_000) {
            play(time, session, .opened(SessionOpening(port: port, peer: "p:1")), bytes: 0)
        }

        mutating func send(_ side: Side, _ times: Int64..., session: Int = 1, isCounted: Bool = true) {
            for time in times {
                play(
                    time, session, .message(RecordedMessage(from: side, form: .value, text: [48])), isCounted: isCounted
                )
            }
        }

        mutating func close(_ time: Int64, _ session: Int, _ manner: SessionClosing.Manner = .clean) {
            play(time, session, .closed(SessionClosing(manner)), bytes: 0)
        }
    }

    @Test("measure each pipelined request to its own answer")
    func pipelined() throws {
        var playback = Playback()
        playback.open(0, 1)
        playback.send(.client, 100, 110, 120)
        playback.send(.server, 200, 215)
        playback.send(.client, 216)
        playback.send(.server, 230, 240)
        playback.close(250, 1)
        let session = try #require(playback.ended.first)
        // 200-100, 215-110, 230-120, 240-216
        #expect(session.latencies.count == 4)
        #expect(session.latencies.percentiles([25, 50, 75, 100]) == [24, 100, 105, 110])
        #expect(session.unasked == 0 && session.unanswered == 0)
        #expect(session.client.messages == 4 && session.client.bytes == 40 && session.server.messages == 4)
        #expect(session.duration == 250 && session.port == 12_000 && session.closing == .clean)
    }

    @Test("count greetings and pushes apart, and requests without an answer")
    func pushes() throws {
        var playback = Playback()
        playback.open(0, 1)
        playback.send(.server, 1)
        playback.send(.client, 2)
        playback.send(.server, 5, 6, 7)
        playback.send(.client, 8, 9)
        playback.close(10, 1, .reset)
        let session = try #require(playback.ended.first)
        #expect(session.latencies.percentiles([50]) == [3])
        #expect(session.latencies.count == 1 && session.unasked == 3 && session.unanswered == 2)
        #expect(session.closing == .reset)
    }

    @Test("know what answers a message that is not counted")
    func uncounted() throws {
        var playback = Playback()
        playback.open(0, 1)
        playback.send(.client, 10, isCounted: false)
        playback.send(.client, 20)
        playback.send(.server, 30, 50, isCounted: false)
        playback.close(60, 1)
        let session = try #require(playback.ended.first)
        #expect(session.latencies.percentiles([100]) == [30] && session.latencies.count == 1)
        #expect(session.client.messages == 1 && session.server.messages == 0)
    }

    @Test("take what was left over at an end for bytes, and for no message")
    func partial() throws {
        var playback = Playback()
        playback.open(0, 1)
        var message = RecordedMessage(from: .client, form: .base64, text: Array(#""e2I=""#.utf8))
        message.isPartial = true
        playback.play(5, 1, .message(message), bytes: 2)
        playback.close(6, 1)
        let session = try #require(playback.ended.first)
        #expect(session.client.messages == 0 && session.client.bytes == 2 && session.unanswered == 0)
    }

    @Test("hold few requests that nothing answers", arguments: [4_095, 4_096, 4_097, 50_000])
    func bounded(count: Int) throws {
        var playback = Playback()
        playback.open(0, 1)
        for time in 1...Int64(count) { playback.send(.client, time) }
        playback.send(.server, Int64(count) + 1)
        playback.close(Int64(count) + 2, 1)
        let session = try #require(playback.ended.first)
        #expect(session.latencies.maximum == Int64(count))
        #expect(session.unanswered == count - 1 && session.client.messages == count)
    }

    @Test("pair each answer with its request where more wait than have their times kept", arguments: [4_096, 5_000])
    func paired(count: Int) throws {
        var playback = Playback()
        playback.open(0, 1)
        for time in 1...Int64(count) { playback.send(.client, time) }
        for time in 1...Int64(count) { playback.send(.server, time + 10_000) }
        playback.send(.client, 20_000)
        playback.send(.server, 20_007)
        playback.close(20_008, 1)
        let session = try #require(playback.ended.first)
        #expect(session.latencies.count == 4_096 + 1)
        #expect(session.latencies.percentiles([0]) == [7] && session.latencies.maximum == 10_000)
        #expect(session.unanswered == 0 && session.unasked == 0)
    }

    @Test("end at the largest number where durations sum up to more")
    func longest() {
        var playback = Playback()
        for _ in 0..<100 {
            playback.open(0, 1)
            playback.close(99_999_999_999_000_000, 1)
            playback.play(0, 0, .resumed(Self.header))
        }
        #expect(playback.statistics.total.duration == .max)
    }

    @Test("give sessions that never close at the end or at the next header, and sum all up")
    func open() {
        var playback = Playback()
        playback.open(0, 2)
        playback.send(.client, 5, session: 2)
        playback.send(.client, 7, session: 1)
        #expect(playback.ended.isEmpty)
        playback.play(0, 0, .resumed(Self.header))
        #expect(playback.ended.map(\.session) == [1, 2])
        #expect(playback.ended.map(\.port) == [12_000, 12_000])
        #expect(playback.ended.allSatisfy { $0.closing == nil && $0.unanswered == 1 })
        playback.open(0, 3)
        playback.play(4, 3, .endOfStream(.client))
        #expect(playback.statistics.finish().map(\.duration) == [4])
        #expect(playback.statistics.sessions == 3)
        #expect(playback.statistics.total.client.messages == 2)
        #expect(playback.statistics.total.duration == 7 + 4)
    }
}
