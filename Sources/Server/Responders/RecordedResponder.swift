internal import Codecs
internal import NIOCore
internal import Recorder

/// Answers each message as a recorded server did.
final class RecordedResponder: Responder {
    private let port: PortConfiguration
    private let answers: RecordedAnswers
    private let observer: any ServerObserver
    private let tree = ValueTree()

    init(port: PortConfiguration, answers: RecordedAnswers, observer: any ServerObserver) {
        self.port = port
        self.answers = answers
        self.observer = observer
    }

    func opened(_ connection: ConnectionHandler) {
        if let greeting = answers.nextGreeting() { send(greeting, to: connection) }
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        let bytes = frame.extracting(payload)
        let content = MessageContent(
            of: tree, payload: bytes, codec: port.codec, limits: port.limits, reading: self.tree)
        if let answer = answers.nextAnswer(to: content) { return send(answer, to: connection) }
        var text = ByteWriter()
        _ = RecordingLine.writeMessage(tree, payload: bytes, codec: port.codec, limits: port.limits, into: &text)
        // Without its key: `,"value":`.
        let front = text.array
        let form = front.firstIndex(of: UInt8(ascii: ":")).map { Array(front[($0 + 1)...]) } ?? front
        var reason = "no message of \(answers.path) is like this one"
        if let nearest = answers.nearest(to: form) {
            reason += "; the nearest, in line \(nearest.line): "
            reason += TerminalText.escaped(nearest.text, limit: 100)
        }
        observer.problem(connection.session, reason, bytes: bytes)
        guard port.closesUnmatched else { return }
        connection.finish(
            SessionClosing(.error, by: .server, reason: "no message of \(answers.path) is like what the client sent"))
    }

    private func send(_ answer: RecordedAnswers.Answer, to connection: ConnectionHandler) {
        for frame in answer.frames {
            if let fault = connection.answer(frame, reading: tree) { observer.problem(connection.session, fault) }
        }
        if answer.closes { connection.finish() }
    }
}
