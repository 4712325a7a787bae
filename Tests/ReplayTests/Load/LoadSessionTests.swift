import Codecs
import Foundation
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("A session of a load")
struct LoadSessionTests {
    /// A session read from a recording's lines, with a clock that the test moves.
    private struct Stage {
        var session: LoadSession
        var pace: LoadPace
        var tally = LoadTally(measuredFrom: 0)

        init(_ events: [String], codec: String = "json/lines", check: LoadCheck = .full, rate: Double? = nil) throws {
            let folder = try ScratchFolder()
            let header =
                #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"\#(codec)"}]}"#
            let lines =
                [header, #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#]
                + events.map { #"{"t":1,"s":1,\#($0)}"# }
            let path = try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
            let script = try LoadScript(readingRecordingsAt: [path], limits: DecodingLimits())
            let source = script.sources[0]
            let port = try #require(source.ports[7000])
            let matcher = MessageMatcher(
                codec: port.codec, settings: port.settings, limits: DecodingLimits(), comparesBytes: false)
            let judge = LoadJudge(
                check, matcher, source.identifiers, opening: script.sessions[0].opening, listen: port.listen)
            session = LoadSession(
                script.sessions[0], keepsBoundaries: port.codec.framing.keepsBoundaries, judge: judge, at: 0)
            pace = LoadPace(rate: rate, connection: 0, of: 1, from: 0)
            session.connect(localPort: 40_001, hosts: nil, at: 0)
        }

        mutating func advance(at now: Int64, isEnding: Bool = false) -> [String] {
            session.advance(at: now, &pace, &tally, isEnding: isEnding).map { action in
                switch action {
                case .send(let bytes):
                    "send " + String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
                case .finish: "finish"
                case .abort: "abort"
                case .wake(let time): "wake \(time)"
                }
            }
        }

        mutating func receive(_ text: String, at now: Int64) {
            let payload = Array(text.utf8)
            session.receive(ActualMessage(payload: payload, wire: payload + [10]), at: now)
        }

        var latencies: (corrected: LoadReport.Latencies, asSent: LoadReport.Latencies) {
            (LoadReport.Latencies(tally.corrected), LoadReport.Latencies(tally.asSent))
        }
    }

    private static func asked(_ number: Int) -> String { #""from":"client","value":{"n":\#(number)}"# }
    private static func answered(_ number: Int) -> String { #""from":"server","value":{"n":\#(number)}"# }

    @Test("sends what is due, awaits its answer, and measures from when it was due and from when it was sent")
    func paced() throws {
        var stage = try Stage([Self.asked(1), Self.answered(1), Self.asked(2), Self.answered(2)], rate: 1_000)
        #expect(stage.advance(at: 0) == [#"send {"n":1}"#])
        // Its answer comes 5 ms late, so that the next request is due since 4 ms.
        stage.receive(#"{"n":1}"#, at: 5_000)
        #expect(stage.advance(at: 5_000) == [#"send {"n":2}"#])
        stage.receive(#"{"n":2}"#, at: 5_100)
        #expect(stage.advance(at: 5_100) == [])
        #expect(stage.session.outcome == .done)
        let (corrected, asSent) = stage.latencies
        #expect((asSent.count, corrected.count) == (2, 2))
        #expect((99...101).contains(asSent.minimum) && (4_096...4_104).contains(corrected.minimum))
        #expect(stage.tally.maximumBehind == 4_000)
    }

    @Test("shows a stall in all that had to wait for it, which is not seen from when they were sent")
    func stall() throws {
        let events = (0..<1_000).flatMap { [Self.asked($0), Self.answered($0)] }
        var stage = try Stage(events, rate: 1_000)
        var now: Int64 = 0
        for number in 0..<1_000 {
            while stage.advance(at: now).contains(where: { $0.hasPrefix("wake") }) { now += 100 }
            // One answer is held back for 300 ms, every other takes 100 µs.
            now += number == 500 ? 300_000 : 100
            stage.receive(#"{"n":\#(number)}"#, at: now)
        }
        _ = stage.advance(at: now)
        #expect(stage.session.outcome == .done)
        let (corrected, asSent) = stage.latencies
        #expect(corrected.count == 1_000 && asSent.count == 1_000)
        #expect(asSent.p99 <= 101 && asSent.maximum >= 299_000)
        #expect(corrected.p50 <= 101 && corrected.p90 >= 190_000 && corrected.p99 >= 280_000)
    }

    @Test("knows that it was late by itself from that the server was late")
    func lateness() throws {
        var stage = try Stage([Self.asked(1), Self.answered(1), Self.asked(2), Self.answered(2)], rate: 1_000)
        _ = stage.advance(at: 0)
        stage.receive(#"{"n":1}"#, at: 200)
        #expect(stage.advance(at: 200) == ["wake 1000"])
        #expect(stage.advance(at: 1_700) == [#"send {"n":2}"#])
        #expect(LoadReport.Latencies(stage.tally.lateness).maximum == 700)
    }

    @Test(
        "fails with what is wrong",
        arguments: [
            (LoadCheck.full, #"{"n":2}"#, LoadFailure.Kind.wrongAnswer, "$.n: 1 → 2"),
            (.bytes, #"{"n": 1}"#, .wrongAnswer, "bytes["), (.full, "nonsense", .undecodable, "expected"),
        ])
    func wrong(check: LoadCheck, answer: String, kind: LoadFailure.Kind, text: String) throws {
        var stage = try Stage([Self.asked(1), Self.answered(1)], check: check)
        _ = stage.advance(at: 0)
        stage.receive(answer, at: 10)
        _ = stage.advance(at: 10)
        guard case .failed(let failure) = stage.session.outcome else {
            Issue.record("\(String(describing: stage.session.outcome))")
            return
        }
        #expect(failure.kind == kind && failure.line == 4)
        #expect(failure.text.contains(text) || kind == .undecodable, "\(failure.text)")
    }

    @Test("passes what is right: other white space with full, anything with none", arguments: [LoadCheck.full, .none])
    func right(check: LoadCheck) throws {
        var stage = try Stage([Self.asked(1), Self.answered(1)], check: check)
        _ = stage.advance(at: 0)
        stage.receive(check == .full ? #"{"n": 1}"# : "anything", at: 10)
        _ = stage.advance(at: 10)
        #expect(stage.session.outcome == .done)
    }

    @Test("sends identifiers that the server made up this time")
    func identifiers() throws {
        var stage = try Stage([
            #""from":"server","value":{"token":"a81f9c03"}"#, #""from":"client","value":{"token":"a81f9c03"}"#,
            Self.answered(1),
        ])
        #expect(stage.advance(at: 0) == [])
        stage.receive(#"{"token":"77be01d4"}"#, at: 5)
        #expect(stage.advance(at: 5) == [#"send {"token":"77be01d4"}"#])
    }

    @Test("fails when the server ends early, sends too much, or says nothing in time")
    func ends() throws {
        func kind(_ stage: Stage) -> LoadFailure.Kind? {
            if case .failed(let failure) = stage.session.outcome { failure.kind } else { nil }
        }
        var early = try Stage([Self.asked(1), Self.answered(1)])
        _ = early.advance(at: 0)
        early.session.end(isReset: false, at: 1)
        _ = early.advance(at: 1)
        #expect(kind(early) == .closedEarly)
        var reset = try Stage([Self.asked(1), Self.answered(1)])
        _ = reset.advance(at: 0)
        reset.session.end(isReset: true, at: 1)
        _ = reset.advance(at: 1)
        #expect(kind(reset) == .reset)
        var extra = try Stage([Self.asked(1), Self.answered(1)])
        _ = extra.advance(at: 0)
        extra.receive(#"{"n":1}"#, at: 1)
        extra.receive(#"{"n":1}"#, at: 1)
        _ = extra.advance(at: 1)
        #expect(kind(extra) == .extra)
        var silent = try Stage([Self.asked(1), Self.answered(1)])
        _ = silent.advance(at: 0)
        silent.session.tick(at: 99, timeout: 100)
        #expect(silent.session.outcome == nil)
        silent.session.tick(at: 100, timeout: 100)
        #expect(kind(silent) == .timeout)
        #expect(silent.session.unanswered == 1)
    }

    @Test("sends nothing more when the time is over, but waits for what was asked")
    func over() throws {
        var stage = try Stage([Self.asked(1), Self.answered(1), Self.asked(2), Self.answered(2)])
        _ = stage.advance(at: 0)
        #expect(stage.advance(at: 1, isEnding: true) == [])
        #expect(stage.session.outcome == nil)
        stage.receive(#"{"n":1}"#, at: 2)
        #expect(stage.advance(at: 2, isEnding: true) == [])
        #expect(stage.session.outcome == .cut)
        #expect(stage.tally.answered == 1)
    }

    @Test("ends as the client did, and waits for the server's end")
    func finish() throws {
        var stage = try Stage([
            Self.asked(1), Self.answered(1), #""eof":"client""#, #""close":"clean""#,
        ])
        _ = stage.advance(at: 0)
        stage.receive(#"{"n":1}"#, at: 2)
        #expect(stage.advance(at: 2) == ["finish"])
        #expect(stage.session.outcome == nil)
        stage.session.end(isReset: false, at: 3)
        _ = stage.advance(at: 3)
        #expect(stage.session.outcome == .done)
    }

    @Test("compares the bytes of a turn where there are no frames, in whatever pieces they come")
    func chunks() throws {
        var stage = try Stage(
            [#""from":"client","text":"ask""#, #""from":"server","text":"ans""#, #""from":"server","text":"wer""#],
            codec: "raw/chunks")
        #expect(stage.advance(at: 0) == ["send ask"])
        for piece in ["a", "nswe"] {
            stage.session.receive(ActualMessage(payload: Array(piece.utf8), wire: Array(piece.utf8)), at: 1)
            _ = stage.advance(at: 1)
            #expect(stage.session.outcome == nil)
        }
        stage.session.receive(ActualMessage(payload: [114], wire: [114]), at: 2)
        _ = stage.advance(at: 2)
        #expect(stage.session.outcome == .done)
    }

    @Test("is left out where the recording does not have all of it")
    func leftOut() throws {
        #expect(throws: ReplayError.self) {
            _ = try Stage([#""gap":{"from":"client","bytes":7}"#, Self.asked(1)])
        }
    }
}
