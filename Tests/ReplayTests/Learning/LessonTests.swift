import Recorder
import Testing

@testable import Replay

@Suite("The narrowest rule")
struct LessonTests {
    private func lesson(_ places: [String]...) -> [String] {
        TextLesson(places).proposals.map { [$0.key.rawValue, $0.pattern].compactMap { $0 }.joined(separator: " ") }
    }

    @Test("for a text that is a token as a whole is its shape")
    func whole() {
        #expect(
            lesson(["388d0216-bcfa-468b-8623-fc94b16c39ea", "b61fb817-4c20-4bd8-92a9-a36074624dd7"])
                == ["regex ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"])
        #expect(lesson(["0be514ef77d44bbd", "33169e381dd3ae1b"]) == ["regex ^[0-9a-f]{16}$"])
        #expect(lesson(["9F3C21", "0AB1"]) == ["regex ^[0-9A-F]+$"])
        #expect(lesson(["12", "345"]) == ["regex ^[0-9]+$"])
        #expect(lesson(["q7XmPz01", "Zk2mqq9a"]) == ["regex ^[0-9A-Za-z]{8}$"])
        #expect(lesson(["red", "green", "blue"]) == ["type"])
        #expect(lesson(["the quick one", "no"]) == ["type"])
    }

    @Test(
        "for a token inside a text is a mask for all of it, and for no other",
        arguments: [
            (["at 10:20:31 ok", "at 10:20:33 ok"], ["10:20:59"], "at 11:59:00 ok", "at 10:20:31 no"),
            (["on 2026-11-27 ok", "on 2026-11-28 ok"], [], "on 2027-01-01 ok", "on a ok"),
            (
                ["2026-11-27T10:20:31Z x", "2026-11-27T10:20:33Z x"], [], "2026-11-28T00:00:00Z x",
                "2026-11-28T00:00:00Z y"
            ),
            (["took 12ms", "took 7ms"], [], "took 120.5ms", "took long"),
            (["got 3 of request 1017", "got 3 of request 1018"], [], "got 3 of request 7", "got 4 of request 1017"),
            (["job ab12-34cd done", "job 99xy-00zz done"], [], "job q1-2 done", "job ab12-34cd failed"),
            (["up since 1795791415", "up since 1795791417"], [], "up since 1795799999", "up since yesterday"),
            (["a fine day", "a bad day"], [], "a wet day", "a wet night"),
            (
                ["at 10:20:31 took 5ms id 77", "at 10:20:33 took 9ms id 81"], [], "at 10:21:00 took 50ms id 1",
                "at 10:20:31 took 5ms id x"
            ),
        ])
    func masks(texts: [String], more: [String], like: String, unlike: String) throws {
        let rules = try TextLesson([texts + more.map { texts[0].replacing("10:20:31", with: $0) }]).proposals.map {
            "$ \($0.key.rawValue) \(try #require($0.pattern))"
        }
        #expect(rules.allSatisfy { $0.hasPrefix("$ mask ") }, "\(rules)")
        let comparison = try RuleComparison(rules)
        for text in texts + [like] {
            #expect(try comparison.differences("\"\(texts[0])\"", "\"\(text)\"").isEmpty, "\(rules)")
        }
        #expect(try comparison.differences("\"\(texts[0])\"", "\"\(unlike)\"").count == 1, "\(rules)")
    }

    @Test("for several places is one for all of them")
    func severalPlaces() {
        #expect(
            lesson(["a 10:20:31", "a 10:20:32"], ["b 10:20:31 c", "b 10:20:35 c"])
                == [#"mask \b\d?\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\b"#])
        #expect(
            lesson(["3 items, request 10", "3 items, request 11"], ["4 items, job 7", "4 items, job 8"]).map {
                $0.prefix(30)
            } == [#"mask (?<= items, request )(?<!"#, #"mask (?<= items, job )(?<![\w."#])
    }

    @Test(
        "for numbers",
        arguments: [
            (["1795791415", "1795791416", "1795791418"], "type", "seconds since 1970"),
            (["1795791415.6", "1795791416", "1795791418.1"], "type numeric", "seconds since 1970"),
            (["1795791415666", "1795791416666", "1795791416777"], "type", "milliseconds since 1970"),
            (["1", "17", "18", "19"], "type", "a counter or clock: it grew with every run"),
            (["10.06", "10.18", "10.12"], "tolerance 5%", "small noise"),
            (["1000", "1004", "1002"], "tolerance 2%", "small noise"),
            (["10.0", "10.1", "10"], "numeric tolerance 5%", "small noise"),
            (["4", "9", "2"], "type", "another number each time"),
            (["0", "0.5", "0.25"], "type numeric", "another number each time"),
        ])
    func numbers(texts: [String], rule: String, reason: String) {
        let proposal = NumberLesson([texts.map { SampleValue($0) }]).proposal
        #expect(proposal.text == rule)
        #expect(proposal.reason == reason)
    }
}
