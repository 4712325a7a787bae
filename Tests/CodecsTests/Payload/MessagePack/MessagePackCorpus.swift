import Foundation
import TestSupport
import Testing

/// What the reference implementation wrote and said; see `Fixtures/msgpack/make_fixtures.py`.
enum MessagePackCorpus {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let payload: Data
        /// The text of the value notation.
        let readable: String
        /// Whether a writer of smallest forms gives the payload back.
        let exact: Bool

        var bytes: [UInt8] { Array(payload) }
        var testDescription: String { name }
    }

    struct Question: Sendable {
        enum Answer: Hashable, Sendable {
            case end(Int)
            case wantsMore
            case refused
        }

        let name: String
        let payload: [UInt8]
        let answer: Answer
    }

    static let cases: [Case] = lines("corpus.jsonl").compactMap { try? JSONDecoder().decode(Case.self, from: $0) }

    static let questions: [Question] = lines("verdicts.jsonl").compactMap { line in
        guard let fields = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let payload = (fields["payload"] as? String).flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        let answer: Question.Answer =
            if let end = fields["end"] as? Int { .end(end) } else { fields["end"] is String ? .refused : .wantsMore }
        return Question(name: fields["name"] as? String ?? "", payload: Array(payload), answer: answer)
    }

    private static func lines(_ file: String) -> [Data] {
        let text = (try? Fixtures.bytes("CodecsTests/Fixtures/msgpack/\(file)")) ?? []
        return text.split(separator: 10).map { Data($0) }
    }
}
