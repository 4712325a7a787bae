import Codecs
import Foundation

/// The pickles that CPython wrote; see `Fixtures/pickle/make_fixtures.py`.
enum PickleCorpus {
    struct Case: Decodable, Sendable {
        let name: String
        let python: String
        let `protocol`: Int
        let pickle: Data
        /// The readable notation.
        let pj: String

        var bytes: [UInt8] { Array(pickle) }
        var isHandMade: Bool { python == "hand" }
    }

    struct Question: Decodable, Sendable {
        let name: String
        let pickle: Data
        let accepted: Bool
        let error: String?
    }

    static let cases: [Case] = load("corpus.jsonl")
    static let questions: [Question] = load("verdicts.jsonl")

    private static func load<Line: Decodable>(_ file: String) -> [Line] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/pickle/\(file)")
        let decoder = JSONDecoder()
        guard let text = try? Data(contentsOf: folder) else { return [] }
        return text.split(separator: 10).compactMap { try? decoder.decode(Line.self, from: $0) }
    }
}

/// What became of reading bytes as a pickle.
enum PickleVerdict: Equatable {
    /// Accepted; the offset behind STOP.
    case read(end: Int)
    case refused(PayloadError)

    init(_ bytes: [UInt8], limits: DecodingLimits = DecodingLimits(), tree: ValueTree = ValueTree()) {
        do throws(PayloadError) {
            self = .read(end: try PickleReader.read(bytes.span.bytes, into: tree, limits: limits))
        } catch {
            self = .refused(error)
        }
    }

    var code: PayloadError.Code? {
        if case .refused(let error) = self { error.code } else { nil }
    }

    var offset: Int? {
        if case .refused(let error) = self { error.offset } else { nil }
    }
}
