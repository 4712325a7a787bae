import Codecs
import Recorder
import Testing

@testable import Replay

@Suite("The parts of a recording that can be left out")
struct RemovablePartsTests {
    /// Events as `1>` (opened), `1c` (client), `1s` (server), `1x` (closed), apart by spaces; the place of each is its number.
    private func parts(_ script: String) throws -> RemovableParts {
        RemovableParts(
            try script.split(separator: " ").map { word in
                let session = try #require(word.first?.wholeNumberValue)
                let kind: TranscriptEvent.Kind =
                    switch word.last {
                    case ">": .opened(SessionOpening(port: 7000, peer: "127.0.0.1:50001"))
                    case "c": .message(RecordedMessage(from: .client, form: .value, text: Array("1".utf8)))
                    case "s": .message(RecordedMessage(from: .server, form: .value, text: Array("1".utf8)))
                    default: .closed(SessionClosing(.clean))
                    }
                return TranscriptEvent(time: 0, session: session, kind: kind)
            })
    }

    @Test(
        "are requests with their answers, also where those went to others",
        arguments: [
            ("1> 1c 1s 1c 1s 1x", [[1, 2], [3, 4]]), ("1> 1s 1c 1s 1s 1x", [[2, 3, 4]]),
            ("1> 1c 1c 1s 1s 1c", [[1, 2, 3, 4], [5]]),
            // Two that ask at the same time.
            ("1> 2> 1c 2c 1s 2s", [[2, 4], [3, 5]]),
            // What one says is told to the other.
            ("1> 2> 1s 2s 1c 1s 2s 2c 2s 1s", [[4, 5, 6], [7, 8, 9]]),
            // A greeting belongs to no request.
            ("1> 1c 1s 2> 2s 1c 1s 2s", [[1, 2], [5, 6, 7]]),
        ])
    func turns(script: String, turns: [[Int]]) throws {
        #expect(try parts(script).turns == turns)
    }

    @Test(
        "are single requests of those that were sent together",
        arguments: [
            ("1> 1c 1c 1s 1s", [[1, 3], [2, 4]]), ("1> 1c 1c 1c 1s", [[1], [2], [3, 4]]),
            ("1> 1c 1c 1s 1s 1s", []), ("1> 1c 1s", []),
        ])
    func exchanges(script: String, exchanges: [[Int]]) throws {
        #expect(try parts(script).exchanges == exchanges)
    }

    @Test("are sessions, with what others were told because of them")
    func sessions() throws {
        #expect(try parts("1> 2> 1s 2s 1c 1s 2s 1x 2x").sessions == [[0, 2, 4, 5, 7, 6], [1, 3, 6, 8]])
    }

    @Test(
        "show differences of the same kind wherever they stand in a list",
        arguments: [
            ("$.users[3].id", "$.users[*].id"), ("$[0][12]", "$[*][*]"), ("$['a[1]']", "$['a[*]']"), ("$.a", "$.a"),
            ("$.b[2:5]", "$.b[2:5]"), ("$[", "$["),
        ])
    func shapes(path: String, shape: String) {
        #expect(DifferenceMark.shape(of: path) == shape)
    }
}
