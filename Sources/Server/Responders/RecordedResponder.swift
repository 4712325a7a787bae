internal import Codecs
internal import NIOCore
internal import Recorder

/// Answers each message as a recorded server did.
final class RecordedResponder: Responder {
    private let port: PortConfiguration
    private let answers: any AnswerSource
    private let observer: any ServerObserver
    private let tree = ValueTree()

    init(port: PortConfiguration, answers: any AnswerSource, observer: any ServerObserver) {
        self.port = port
        self.answers = answers
        self.observer = observer
    }

    func opened(_ connection: ConnectionHandler) {
        send(answers.opened(connection.session.number, peer: connection.session.peer), to: connection)
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        switch answers.answer(to: frame, payload: payload, tree: tree, in: connection.session.number) {
        case .answer(let answer): send(answer, to: connection)
        case .awaitsMore: break
        case .unmatched(let reason):
            observer.problem(connection.session, reason, bytes: frame.extracting(payload))
            guard port.closesUnmatched else { return }
            connection.finish(SessionClosing(.error, by: .server, reason: reason))
        }
    }

    func inputEnded(_ connection: ConnectionHandler) -> Bool {
        send(answers.inputEnded(connection.session.number), to: connection)
        return true
    }

    func closed(_ connection: ConnectionHandler, hadEnded: Bool) { answers.closed(connection.session.number) }

    private func send(_ answer: RecordedAnswer, to connection: ConnectionHandler) {
        for frame in answer.frames {
            if let fault = connection.answer(frame, reading: tree) { observer.problem(connection.session, fault) }
        }
        switch answer.ending {
        case .none: break
        case .finish: connection.finish()
        case .reset: connection.reset(SessionClosing(.reset, by: .server))
        }
    }
}
