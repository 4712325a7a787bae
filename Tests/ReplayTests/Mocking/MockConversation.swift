import Codecs
import Recorder
import Replay
import TestSupport

/// Clients of a mock without sockets.
struct MockConversation {
    static let ports =
        #"{"listen":"127.0.0.1:7000","codec":"json/lines"},{"listen":"127.0.0.1:7001","codec":"raw/chunks"}"#

    let mock: Mock
    private let source: any AnswerSource
    private let codec: Codec

    /// - Parameter events: lines of a recording, without their times.
    init(
        _ events: String, codec: String = "json/lines", rules: [String] = [], headerRules: String = "[]",
        refers: Bool = false, _ change: (inout MockOptions) -> Void = { _ in }
    ) throws {
        let header =
            #"{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","rules":\#(headerRules),"ports":[\#(Self.ports)]}"#
        let lines = events.split(separator: "\n").map { #"{"t":0.000001,"# + $0.drop { $0 == " " }.dropFirst() }
        let folder = try ScratchFolder()
        let path = try folder.write(([header] + lines).joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        try self.init(paths: [path], codec: codec, rules: rules, refers: refers, change)
    }

    init(
        paths: [String], codec: String, rules: [String] = [], refers: Bool = false,
        _ change: (inout MockOptions) -> Void = { _ in }
    ) throws {
        self.codec = try CodecRegistry.codec(named: codec)
        var options = MockOptions()
        options.rules = try rules.map { try RuleParser.rule(option: $0) }
        change(&options)
        mock = try Mock(
            recordings: paths, ports: [MockPortSettings(codec: self.codec, refersUnmatched: refers)], options: options)
        source = mock.source(ofPort: 0)
    }

    /// A client connects; gives what it is told.
    func open(_ session: Int, _ peer: String = "127.0.0.1:50000") -> [String] {
        texts(source.opened(session, peer: peer))
    }

    /// A client says something; gives the answers, or what is wrong with it behind a `?`.
    func say(_ session: Int, _ text: String) throws -> [String] {
        let line = Array((text + (codec.framing.keepsBoundaries ? "\n" : "")).utf8)
        var reader = MessageReader(codec: codec, limits: DecodingLimits())
        let tree = ValueTree()
        guard let frame = try reader.nextMessage(in: line.span.bytes, into: tree) else { return ["no message"] }
        switch source.answer(to: line.span.bytes, payload: frame.payload, tree: tree, in: session) {
        case .answer(let answer): return texts(answer)
        case .awaitsMore: return ["…"]
        case .referred: return ["→"]
        case .unmatched(let reason):
            return ["? " + (reason.split(separator: " like this one").last.map(String.init) ?? "")]
        }
    }

    /// Another server has answered what was referred.
    func answerElsewhere(_ session: Int) { source.wasAnswered(in: session) }

    /// It has not; gives what is said of it.
    func leaveUnanswered(_ session: Int) -> String { source.wasNotAnswered(in: session) }

    func finish(_ session: Int) -> [String] { texts(source.inputEnded(session)) }

    func close(_ session: Int) { source.closed(session) }

    private func texts(_ answer: RecordedAnswer) -> [String] {
        let frames = answer.frames.map { frame in
            String(decoding: frame.last == 10 ? frame.dropLast() : frame[...], as: UTF8.self)
        }
        switch answer.ending {
        case .none: return frames
        case .finish: return frames + ["FIN"]
        case .reset: return frames + ["RST"]
        }
    }
}
