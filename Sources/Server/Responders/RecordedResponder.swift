internal import Codecs
internal import NIOCore
internal import Recorder

/// Answers each message as a recorded server did, or has another server answer what that one was never asked.
final class RecordedResponder: Responder {
    private let port: PortConfiguration
    private let answers: any AnswerSource
    private let observer: any ServerObserver
    private let tree = ValueTree()
    private var referrals: [Int: Referral] = [:]

    /// What a session has to do with the other server.
    private struct Referral {
        /// Messages that its client was greeted with.
        var greetings = 0
        var connection: FallbackConnection?
        /// Bytes of its client that may be the beginning of a request, where there are no messages.
        var begun: [UInt8] = []
        /// What the other server is asked, for the log.
        var asked: [UInt8] = []
    }

    init(port: PortConfiguration, answers: any AnswerSource, observer: any ServerObserver) {
        self.port = port
        self.answers = answers
        self.observer = observer
    }

    func opened(_ connection: ConnectionHandler) {
        let greeting = answers.opened(connection.session.number, peer: connection.session.peer)
        if port.fallback != nil {
            referrals[connection.session.number] = Referral(greetings: greeting.frames.count)
        }
        send(greeting, to: connection)
    }

    func takesMore(of connection: ConnectionHandler) -> Bool {
        referrals[connection.session.number]?.connection?.takesMore ?? false
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        if connection.isAwaitingAnswer {
            referrals[connection.session.number]?.connection?.askMore(frame.withUnsafeBytes { Array($0) })
            return
        }
        switch answers.answer(to: frame, payload: payload, tree: tree, in: connection.session.number) {
        case .answer(let answer):
            if port.fallback != nil { referrals[connection.session.number]?.begun = [] }
            send(answer, to: connection)
        case .awaitsMore:
            guard port.fallback != nil else { return }
            frame.withUnsafeBytes { referrals[connection.session.number]?.begun += $0 }
        case .unmatched(let reason): tell(reason, frame.extracting(payload), connection)
        case .referred: refer(frame, payload, connection)
        }
    }

    /// A message is not known, and nobody has answered it.
    private func tell(_ reason: String, _ bytes: RawSpan, _ connection: ConnectionHandler) {
        observer.problem(connection.session, reason, bytes: bytes)
        guard port.closesUnmatched else { return }
        connection.finish(SessionClosing(.error, by: .server, reason: reason))
    }

    func inputEnded(_ connection: ConnectionHandler) -> Bool {
        guard !connection.isAwaitingAnswer else {
            referrals[connection.session.number]?.connection?.endInput()
            return false
        }
        send(answers.inputEnded(connection.session.number), to: connection)
        return true
    }

    func closed(_ connection: ConnectionHandler, hadEnded: Bool) {
        referrals.removeValue(forKey: connection.session.number)?.connection?.close()
        answers.closed(connection.session.number)
    }

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

// MARK: The other server

extension RecordedResponder {
    private func refer(_ frame: RawSpan, _ payload: Range<Int>, _ connection: ConnectionHandler) {
        let number = connection.session.number
        guard let address = port.fallback, var referral = referrals[number] else { return }
        let request = referral.begun + frame.withUnsafeBytes { Array($0) }
        referral.begun = []
        referral.asked = frame.extracting(payload).withUnsafeBytes { Array($0) }
        let fallback =
            referral.connection
            ?? FallbackConnection(
                to: UpstreamConnection(host: address.host, port: address.port), for: connection, of: self,
                greetings: referral.greetings)
        referral.connection = fallback
        referrals[number] = referral
        fallback.ask(request)
    }

    /// The other server says something. To send that may end the session, so that it is told before.
    func answerComes(to connection: ConnectionHandler) { answers.wasAnswered(in: connection.session.number) }

    /// It has not answered the session's request, and will not.
    func wasNotAnswered(_ connection: ConnectionHandler, _ reason: String?) {
        let number = connection.session.number
        if let reason { observer.problem(connection.session, reason) }
        let asked = referrals[number]?.asked ?? []
        tell(answers.wasNotAnswered(in: number), asked.span.bytes, connection)
        goOn(connection)
    }

    /// What was asked is done with: the client's next messages are looked at.
    func goOn(_ connection: ConnectionHandler) {
        referrals[connection.session.number]?.asked = []
        connection.goOnBehindAnswer()
        guard connection.isAwaitingFinish, !connection.isAwaitingAnswer else { return }
        send(answers.inputEnded(connection.session.number), to: connection)
        connection.finish()
    }
}

@available(*, unavailable)
extension RecordedResponder: Sendable {}
