/// What one session asks of the server behind a mock and hears from it, as a state machine without sockets.
///
/// One request is under way at a time: the next one comes when this one was answered or given up.
struct FallbackTurns {
    enum Action: Equatable {
        case none
        case connect
        case write([UInt8])
        /// The request was answered.
        case goOn
        /// The request gets no answer; why, unless that was said before.
        case giveUp(reason: String?)
    }

    private enum State: Equatable {
        case idle
        case connecting
        /// Connected; so many messages of a greeting have yet to come before anything is asked.
        case greeted(missing: Int)
        case open
        case over
    }

    private var state = State.idle
    /// Messages that the mock has greeted its client with.
    private let greetings: Int
    /// What is asked as soon as that can be.
    private(set) var request: [UInt8] = []
    private(set) var isAwaiting = false
    private var hasAnswer = false
    /// Why the connection is over, until it was told.
    private var reason: String?

    init(greetings: Int) { self.greetings = greetings }

    /// A request that the mock does not know.
    mutating func ask(_ request: [UInt8]) -> Action {
        switch state {
        case .idle:
            state = .connecting
            self.request = request
            isAwaiting = true
            return .connect
        case .open where !isAwaiting:
            isAwaiting = true
            hasAnswer = false
            return .write(request)
        default: return giveUp()
        }
    }

    /// More of the request that is under way, where nothing but the answer tells where it ends.
    mutating func askMore(_ bytes: [UInt8]) -> Action {
        switch state {
        case .connecting, .greeted: request += bytes
        case .open where isAwaiting: return .write(bytes)
        default: break
        }
        return .none
    }

    mutating func connected() -> Action {
        guard state == .connecting else { return .none }
        guard greetings == 0 else {
            state = .greeted(missing: greetings)
            return .none
        }
        return open()
    }

    /// A message came. False: it is a greeting, which the client has had from the mock.
    mutating func received() -> Bool {
        guard state == .open else {
            if case .greeted(let missing) = state { state = .greeted(missing: max(missing - 1, 0)) }
            return false
        }
        hasAnswer = true
        return true
    }

    /// All that a read brought has been received.
    mutating func readCompleted() -> Action {
        if state == .greeted(missing: 0) { return open() }
        guard state == .open, isAwaiting, hasAnswer else { return .none }
        isAwaiting = false
        return .goOn
    }

    /// What was waited for did not come in time. A greeting that does not come is done without.
    mutating func timedOut(_ reason: String) -> Action {
        switch state {
        case .greeted: return open()
        case .open where isAwaiting:
            isAwaiting = false
            return .giveUp(reason: reason)
        default: return .none
        }
    }

    /// There is no connection, or none any more.
    mutating func ended(_ reason: String) -> Action {
        guard state != .over else { return .none }
        state = .over
        self.reason = reason
        request = []
        return isAwaiting ? giveUp() : .none
    }

    private mutating func open() -> Action {
        state = .open
        hasAnswer = false
        defer { request = [] }
        return .write(request)
    }

    private mutating func giveUp() -> Action {
        isAwaiting = false
        defer { reason = nil }
        return .giveUp(reason: reason)
    }
}
