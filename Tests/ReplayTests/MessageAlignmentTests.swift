import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("Pipelined answers of which some are missing, extra or in another order")
struct MessageAlignmentTests {
    /// A recording of so many requests in one go, then as many answers that are alike; the machine is told answers as
    /// `change` leaves them, then that nothing more comes. Every difference found, as `missing 7`, `extra 7`, `value 7`.
    private func found(
        _ count: Int, endsClean: Bool = true, _ change: (inout [Int]) -> Void
    ) throws -> [String] {
        var lines = [#"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#]
        lines += (0..<count).map { #"{"t":0.1,"s":1,"from":"client","value":\#($0)}"# }
        lines += (0..<count).map { #"{"t":0.2,"s":1,"from":"server","value":{"ok":true,"n":\#($0)}}"# }
        lines += [#"{"t":0.3,"s":1,"eof":"client"}"#, #"{"t":0.4,"s":1,"close":"clean"}"#]
        var machine = try Playbook.machine("json/lines", lines.joined(separator: "\n"))
        _ = try machine.start(at: 0)
        _ = try machine.handle(.connected(session: 1, localPort: 50_001), at: 0)
        var answers = Array(0..<count)
        change(&answers)
        for answer in answers {
            let payload = Array(#"{"ok":true,"n":\#(answer)}"#.utf8)
            _ = try machine.handle(
                .received(session: 1, ActualMessage(payload: payload, wire: payload + [10])), at: 1)
        }
        var now: Int64 = 1
        for _ in 0..<200 {
            now += 100_000
            _ = try machine.handle(.wake, at: now)
        }
        return machine.findings.differences.map { difference in
            let line = difference.line - count - 3
            switch difference.kind {
            case .missing: return "missing \(line)"
            case .extra(let message):
                return "extra \(String(decoding: message.text.dropFirst(15).dropLast(), as: UTF8.self))"
            case .value: return "value \(line)"
            default: return "\(difference.kind)"
            }
        }
    }

    @Test("one that is missing is one difference, wherever it is", arguments: [0, 1, 150, 297, 298, 299])
    func missing(place: Int) throws {
        #expect(try found(300) { $0.remove(at: place) } == ["missing \(place)"])
    }

    @Test("one that comes twice, or is new, is one difference", arguments: [0, 1, 150, 298, 299])
    func extra(place: Int) throws {
        #expect(try found(300) { $0.insert(place, at: place) } == ["extra \(place)"])
        #expect(try found(300) { $0.insert(777, at: place) } == ["extra 777"])
    }

    @Test("a burst that is missing is as many differences", arguments: [2, 8, 9, 20, 100])
    func burst(length: Int) throws {
        #expect(
            try found(300) { $0.removeSubrange(120..<120 + length) } == (120..<120 + length).map { "missing \($0)" })
    }

    @Test("a burst that is extra is as many differences", arguments: [2, 8, 9, 20, 100])
    func extraBurst(length: Int) throws {
        #expect(
            try found(300) { $0.insert(contentsOf: 1_000..<1_000 + length, at: 120) }
                == (1_000..<1_000 + length).map { "extra \($0)" })
    }

    @Test("two that are swapped are two differences")
    func swapped() throws {
        #expect(try found(300) { $0.swapAt(120, 121) }.count == 2)
        #expect(try found(300) { $0.swapAt(120, 126) }.count == 2)
        #expect(try found(300) { $0.swapAt(120, 180) }.count == 2)
    }

    @Test("changes, missing ones and extra ones far from each other do not disturb each other")
    func mixed() throws {
        let differences = try found(300) { answers in
            answers[250] = 999
            answers.insert(998, at: 200)
            answers.remove(at: 150)
            answers[100] = 997
            answers.removeSubrange(50..<53)
        }
        #expect(
            differences == [
                "missing 50", "missing 51", "missing 52", "value 100", "missing 150", "extra 998", "value 250",
            ])
    }

    @Test("answers that all differ are a difference each")
    func all() throws {
        #expect(try found(100) { $0 = $0.map { $0 + 1_000 } } == (0..<100).map { "value \($0)" })
    }
}
