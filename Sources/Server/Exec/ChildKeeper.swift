internal import Codecs
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Processes
internal import Recorder

/// Keeps the child of a port with `reply=exec:`: starts it, tells it of the events of all the port's sessions, hands its
/// answers out to them, and starts it again when it has ended.
///
/// ```
/// event loops   ExecResponder > ChildBatch                ChildAnswer > ExecResponder > ConnectionHandler
///                                   |                          |
/// one of them                  ChildRoutes > pipe > child > pipe > LineCutter > ChildAnswerReader
/// ```
///
/// What waits is bounded both ways: an event loop hears of it when the child has taken what it was told, and the child is not
/// read while an event loop has too much of its output. Confined to one event loop.
final class ChildKeeper {
    /// What can be set, other than in tests it is not.
    struct Times {
        /// After a client has said that it sends no more, how long the child may stay silent before that session ends.
        var quiet = TimeAmount.seconds(1)
        /// The same where nothing was said to its last message. With a limit for answers it is that limit which ends it.
        var owed = TimeAmount.seconds(10)
        /// How long its process and its output may outlive each other.
        var parting = TimeAmount.seconds(2)
    }

    /// The longest line of its output that is taken.
    static let maximumLineBytes = 16 << 20
    /// Output that the event loops have not handed on yet; at more of it the child is not read.
    static let maximumUndelivered = 1 << 20
    /// Lines of its stderr that a report of its end repeats.
    static let reportedLines = 5

    let eventLoop: any EventLoop
    let number: Int
    let command: String
    let observer: any ServerObserver
    let reader: ChildAnswerReader
    /// Whether lines of its output may be shown: not where secrets are kept out.
    let showsLines: Bool
    let times: Times

    var places: [Int: ExecPlace] = [:]
    var routes = ChildRoutes()
    /// What waits for a child to be there.
    var waiting: [(batch: ChildBatch, place: Int)] = []
    var outgoing: [Int: [ChildAnswer]] = [:]
    var undelivered = 0
    /// Clients that have to take something before the child is read on.
    var holds = 0

    var child: Child?
    var isStarting = false
    var pause = RestartPause()
    var budget = LineBudget()
    var lateAnswers = 0
    var isWatchingEndings = false
    var lastBatch = NIODeadline.now()

    var isStopping = false
    var isOver = false
    var hasTimeLeft = true
    var whenOver: [EventLoopPromise<Void>] = []

    /// A child that runs, or whose end is not known altogether.
    final class Child {
        let process: ChildProcess
        let started = ContinuousClock.now
        var input: (any Channel)?
        /// The pipe behind `input`.
        var inputDescriptor: Int32 = -1
        var output: (any Channel)?
        var isAttached = false
        var unwrittenBatches = 0
        var cutter = LineCutter(maximumBytes: ChildKeeper.maximumLineBytes)
        var line = 0
        var errors = LineCutter(maximumBytes: 16 << 10)
        var lastErrors: [String] = []
        var outputHasEnded = false
        var exit: ProcessExit?
        /// It was ended since it had closed its output.
        var wasSilent = false

        init(_ process: ChildProcess) { self.process = process }
    }

    init(
        command: String, port: PortConfiguration, number: Int, eventLoop: any EventLoop,
        observer: any ServerObserver, showsLines: Bool
    ) {
        self.command = command
        self.number = number
        self.eventLoop = eventLoop
        self.observer = observer
        self.showsLines = showsLines
        reader = ChildAnswerReader(port: port)
        var times = Times()
        if let limit = port.replyTimeout { times.owed = TimeAmount(limit + .seconds(1)) }
        self.times = times
    }
}

// MARK: The event loops

extension ChildKeeper {
    /// An event loop serves the port.
    func add(_ place: ExecPlace, at number: Int) { places[number] = place }

    /// An event loop tells of its turn.
    func take(_ batch: ChildBatch, from place: Int) {
        lastBatch = .now()
        // The event loops know, or are about to.
        guard !isOver else { return }
        guard let child, child.isAttached, child.exit == nil else { return waiting.append((batch, place)) }
        write(batch, from: place)
    }

    func write(_ batch: ChildBatch, from place: Int) {
        let count = batch.lines.readableBytes
        let lines = routes.take(batch, from: place, at: .now())
        watchEndings()
        guard let child, let input = child.input, lines.readableBytes > 0 else { return acknowledge(count, at: place) }
        child.unwrittenBatches += 1
        input.writeAndFlush(lines).assumeIsolated().whenComplete { [weak self] _ in
            child.unwrittenBatches -= 1
            self?.acknowledge(count, at: place)
        }
    }

    /// The child has taken so many bytes of an event loop's, or never will.
    func acknowledge(_ count: Int, at place: Int) {
        guard count > 0 else { return }
        places[place]?.execute { $0.wasWritten(count) }
    }

    /// An event loop has handed so many bytes on to clients.
    func wasDelivered(_ count: Int) {
        undelivered -= count
        setReading()
    }

    /// A client has to take something before the child is read on.
    func hold() {
        holds += 1
        setReading()
    }

    /// A client has taken it, or has gone.
    func release() {
        holds -= 1
        setReading()
    }

    var mayRead: Bool { holds == 0 && undelivered <= Self.maximumUndelivered }

    func setReading() { try? child?.output?.syncOptions?.setOption(.autoRead, value: mayRead) }
}

// MARK: Clients that send no more

extension ChildKeeper {
    /// Ends the sessions of such clients when the child has nothing more to say to them.
    func watchEndings() {
        guard routes.hasEndings, !isWatchingEndings else { return }
        isWatchingEndings = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) { [weak self] in
            self?.isWatchingEndings = false
            self?.endQuietSessions()
        }
    }

    func endQuietSessions() {
        // Then it is the child's end that they wait for.
        guard !isStopping else { return }
        let quiet = routes.takeQuiet(
            for: times.quiet, owed: times.owed, hasReadAll: hasReadAll, at: .now())
        for (place, sessions) in Dictionary(grouping: quiet, by: \.place) {
            let numbers = sessions.map(\.session)
            places[place]?.execute { $0.finish(numbers) }
        }
        watchEndings()
    }

    /// Whether the child has read everything that it was told, and what it said was read.
    var hasReadAll: Bool {
        guard let child, child.isAttached, child.unwrittenBatches == 0, waiting.isEmpty, mayRead else { return false }
        guard let input = child.input, input.isActive else { return true }
        var unread: Int32 = 0
        return ioctl(child.inputDescriptor, UInt(FIONREAD), &unread) != 0 || unread == 0
    }
}

@available(*, unavailable)
extension ChildKeeper: Sendable {}
