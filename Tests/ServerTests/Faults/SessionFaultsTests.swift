import Codecs
import Recorder
import Testing

@testable import Server

@Suite("The faults of a session's answers")
struct SessionFaultsTests {
    private static func verdicts(
        _ rules: [(FaultRule.Action, FaultRule.Condition)], of answers: [String], seed: UInt64 = 0, session: Int = 1
    ) throws -> [SessionFaults.Verdict] {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "json/lines"), role: .answer(reply: .echo, greeting: nil))
        let plan = FaultPlan(
            rules: rules.enumerated().map { FaultRule(action: $1.0, condition: $1.1, text: "rule \($0)") }, seed: seed)
        var faults = SessionFaults(plan, port: port, session: session)
        let tree = ValueTree()
        return try answers.map { answer in
            let bytes = Array(answer.utf8)
            try JSONFormat().decode(bytes.span.bytes, into: tree, limits: DecodingLimits())
            return faults.next(frameBytes: bytes.count + 1, payload: bytes.span.bytes, tree: tree)
        }
    }

    @Test("do what each action says")
    func actions() throws {
        func verdict(_ action: FaultRule.Action) throws -> SessionFaults.Verdict? {
            try Self.verdicts([(action, .always)], of: ["[1,2]"]).first
        }
        #expect(try verdict(.drop)?.copies == 0)
        #expect(try verdict(.duplicate)?.copies == 2)
        #expect(try verdict(.delay(least: .milliseconds(5), most: .milliseconds(5)))?.delay == .milliseconds(5))
        #expect(try verdict(.truncate(bytes: 3))?.truncated == 3)
        #expect(try verdict(.truncate(bytes: 3))?.end == .close)
        #expect(try verdict(.truncate(bytes: 7))?.truncated == 6)
        #expect(try verdict(.close)?.end == .close)
        #expect(try verdict(.reset)?.end == .reset)
        let flipped = try #require(try verdict(.corrupt)?.flipped)
        #expect((0..<6).contains(flipped.offset) && flipped.bits.nonzeroBitCount == 1)
    }

    @Test("come together where several rules fit, and an answer that is dropped is not sent twice")
    func together() throws {
        let verdict = try Self.verdicts(
            [(.drop, .always), (.duplicate, .always), (.close, .number(1)), (.reset, .number(2))], of: ["1"]
        ).first
        #expect(verdict?.copies == 0)
        #expect(verdict?.end == .close)
        #expect(verdict?.rules == ["rule 0", "rule 1", "rule 2"])
    }

    @Test(
        "befall the answers that the condition names",
        arguments: [
            (.always, [0, 1, 2, 3]), (.number(3), [2]), (.text("der"), [0, 1]), (.text(""), [0, 1, 2, 3]),
            (.text("no such text, longer than any of them that stand there"), []),
            (.value("$.kind", "order"), [0, 1]), (.value("$.kind", "\"order\""), [0, 1]),
            (.value("$.items[0]", "1"), [1]), (.value("$.items[-1]", "2.0"), [1]), (.value("$.items[7]", "1"), []),
            (.value("$[1].a", "null"), [3]), (.value("$", "7"), [2]), (.value("$.items", "[1, 2.0]"), [1]),
            (.chance(millionths: 0), []), (.chance(millionths: 1_000_000), [0, 1, 2, 3]),
        ] as [(TestCondition, [Int])])
    func conditions(condition: TestCondition, answers: [Int]) throws {
        let texts = [
            #"{"kind":"order","n":1}"#, #"{"kind": "order","items":[1, 2.0]}"#, "7", #"[0,{"a":null}]"#,
        ]
        let verdicts = try Self.verdicts([(.drop, try condition.rule)], of: texts)
        #expect(verdicts.indices.filter { verdicts[$0].copies == 0 } == answers)
    }

    @Test("befall bytes that are no message by number, by chance and by their text, not by a value")
    func noMessages() throws {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "json/lines"), role: .answer(reply: .echo, greeting: nil))
        let conditions: [FaultRule.Condition] = [
            .always, .number(1), .number(2), .text("val"), .value(try RulePath("$"), "no value"),
        ]
        let rules = conditions.enumerated().map { FaultRule(action: .duplicate, condition: $1, text: "\($0)") }
        var faults = SessionFaults(FaultPlan(rules: rules), port: port, session: 1)
        let bytes = Array("no value".utf8)
        #expect(faults.next(frameBytes: bytes.count, payload: bytes.span.bytes, tree: nil).rules == ["0", "1", "3"])
        #expect(faults.next(frameBytes: bytes.count, payload: bytes.span.bytes, tree: nil).rules == ["0", "2", "3"])
    }

    /// A condition as a test's argument.
    enum TestCondition: Sendable {
        case always
        case chance(millionths: Int)
        case number(Int)
        case value(String, String)
        case text(String)

        var rule: FaultRule.Condition {
            get throws {
                switch self {
                case .always: .always
                case .chance(let millionths): .chance(millionths: millionths)
                case .number(let number): .number(number)
                case .value(let path, let text): .value(try RulePath(path), text)
                case .text(let text): .text(text)
                }
            }
        }
    }

    @Test("by chance are as often as they are to be, the same for a seed, and others for another session or seed")
    func chance() throws {
        let answers = [String](repeating: "1", count: 20_000)
        func dropped(seed: UInt64, session: Int) throws -> [Bool] {
            try Self.verdicts(
                [(.drop, .chance(millionths: 100_000))], of: answers, seed: seed, session: session
            ).map { $0.copies == 0 }
        }
        let first = try dropped(seed: 1, session: 1)
        // Ten standard deviations either way; the seed is fixed.
        #expect((1_576...2_424).contains(first.count { $0 }))
        #expect(try dropped(seed: 1, session: 1) == first)
        #expect(try dropped(seed: 1, session: 2) != first)
        #expect(try dropped(seed: 2, session: 1) != first)
    }

    @Test("delay within the range that is given")
    func delays() throws {
        let rule = FaultRule.Action.delay(least: .milliseconds(10), most: .milliseconds(50))
        let delays = try Self.verdicts([(rule, .always)], of: [String](repeating: "1", count: 1_000)).map(\.delay)
        #expect(delays.allSatisfy { (.milliseconds(10) ... .milliseconds(50)).contains($0) })
        #expect((delays.min() ?? .zero) < .milliseconds(12) && (delays.max() ?? .zero) > .milliseconds(48))
    }
}
