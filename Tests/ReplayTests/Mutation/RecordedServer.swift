import Codecs
import Recorder
import TestSupport
import Testing

@testable import Replay

/// A server that answers as a recording says, with what it makes up itself replaced, to a replay without sockets.
struct RecordedServer {
    /// One thing that happens, in the recorded order.
    struct Step {
        var event: TranscriptEvent
        /// Says what the recorded server did not say, so that no identifiers are put in.
        var isChanged = false
    }

    let header: RecordingHeader
    /// What the recording says …
    private var recording: [TranscriptEvent] = []
    /// … and what happens.
    private(set) var steps: [Step] = []
    /// What stands for a recorded identifier in this run: a client's port, or what the server makes up.
    private(set) var identifiers: [String: String]
    /// Those of this run that the server makes up.
    let madeUp: Set<String>
    private let codecs: [Int: (codec: Codec, settings: WritingSettings)]
    private var ports: [Int: Int] = [:]
    private var sessionPorts: [Int: Int] = [:]

    /// What a replay against it did.
    struct Run {
        var findings: ReplayFindings
        /// The text of what clients sent, in their order by session.
        var sent: [Int: [[UInt8]]] = [:]
        var isDone = false
    }

    /// - Parameter identifiers: what the server makes up, and what it makes up this time; clients' ports are known.
    /// What the machine takes for identifiers.
    private let returned: RecordedIdentifiers

    init(path: String, identifiers: [String: String] = [:]) throws {
        let reader = try RecordingReader(path: path)
        returned = RecordedIdentifiers(readingRecordingAt: path)
        header = reader.header
        self.identifiers = identifiers
        madeUp = Set(identifiers.values)
        var codecs: [Int: (Codec, WritingSettings)] = [:]
        for port in header.ports {
            guard let number = port.number else { continue }
            codecs[number] = (try CodecRegistry.codec(named: port.codec), port.settings)
        }
        self.codecs = codecs
        while let event = try reader.next() {
            recording.append(event)
            steps.append(Step(event: event))
            guard case .opened(let opening) = event.kind else { continue }
            sessionPorts[event.session] = opening.port
            let recorded = RecordedPort(listen: opening.via ?? opening.peer, codec: "").number ?? 0
            ports[event.session] = recorded + 1_111
            self.identifiers[String(recorded)] = String(recorded + 1_111)
        }
    }

    /// The places of the server's messages.
    var messages: [Int] {
        steps.indices.filter { steps[$0].message?.from == .server }
    }

    func session(_ place: Int) -> Int { steps[place].event.session }
    func codec(of session: Int) -> (codec: Codec, settings: WritingSettings)? {
        sessionPorts[session].flatMap { codecs[$0] }
    }

    /// The message at a place, as it is said this time.
    func tree(at place: Int) throws -> NotationTree {
        try steps[place].message.map { identified(try NotationTree($0.text)) } ?? .null
    }

    /// Says something else at a place.
    func saying(_ tree: NotationTree, at place: Int) -> RecordedServer {
        var server = self
        guard var message = steps[place].message else { return self }
        message.text = tree.text
        message.raw = nil
        // Any text may stand for bytes.
        if message.form == .base64 { message.form = .text }
        server.steps[place].event.kind = .message(message)
        server.steps[place].isChanged = true
        return server
    }

    /// Leaves a step out.
    func without(_ place: Int) -> RecordedServer {
        var server = self
        server.steps.remove(at: place)
        return server
    }

    /// Says what stands at two places in the other order.
    func swapping(_ place: Int, _ other: Int) -> RecordedServer {
        var server = self
        server.steps[place].event.kind = steps[other].event.kind
        server.steps[other].event.kind = steps[place].event.kind
        return server
    }

    /// Puts a step in.
    func with(_ step: Step, at place: Int) -> RecordedServer {
        var server = self
        server.steps.insert(step, at: place)
        return server
    }

    /// A tree with the identifiers of this run in it.
    func identified(_ tree: NotationTree) -> NotationTree {
        tree.mapScalars(keys: identified) { scalar in
            switch scalar {
            case .number(let text): return .number(identifiers[text] ?? text)
            case .string(let string): return .string(identified(string))
            default: return scalar
            }
        }
    }

    private func identified(_ string: String) -> String {
        if let whole = identifiers[string] { return whole }
        var result = ""
        var word = ""
        func endWord() {
            result += identifiers[word] ?? word
            word = ""
        }
        for character in string {
            if character.isLetter || character.isNumber {
                word.append(character)
            } else {
                endWord()
                result.append(character)
            }
        }
        endWord()
        return result
    }

    // MARK: A replay against it

    /// Plays the recording into a machine, and answers it.
    func run(options: ReplayOptions = ReplayOptions()) throws -> Run {
        var recorded = recording.makeIterator()
        var machine = try ReplayMachine(
            header: header, options: options, limits: DecodingLimits(), identifiers: returned
        ) {
            () throws(RecordingError) in recorded.next()
        }
        var player = Player(server: self)
        player.take(try machine.start(at: 0))
        while !player.isDone, player.rounds < 100_000 {
            player.rounds += 1
            if let input = try player.nextInput() {
                player.take(try machine.handle(input, at: player.now))
            } else {
                player.now += max(player.wake ?? 1_000, 1)
                player.take(try machine.handle(.wake, at: player.now))
            }
        }
        return Run(findings: machine.findings, sent: player.allSent, isDone: player.isDone)
    }

    /// Does the server's part as soon as the clients have done theirs.
    private struct Player {
        let server: RecordedServer
        var place = 0
        var now: Int64 = 0
        var wake: Int64?
        var rounds = 0
        var isDone = false
        var allSent: [Int: [[UInt8]]] = [:]
        private var connecting: Set<Int> = []
        private var sent: [Int: Int] = [:]
        private var finished: Set<Int> = []
        private var closed: Set<Int> = []
        private var ended: Set<Int> = []

        init(server: RecordedServer) { self.server = server }

        mutating func take(_ actions: [ReplayMachine.Action]) {
            for action in actions {
                switch action {
                case .connect(let session, _): connecting.insert(session)
                case .send(let session, let bytes):
                    sent[session, default: 0] += 1
                    allSent[session, default: []].append(bytes)
                // These replays send what clients say as it comes.
                case .sendPieces: break
                case .finish(let session): finished.insert(session)
                case .abort(let session), .close(let session): closed.insert(session)
                case .pauseReading, .resumeReading: break
                case .wake(let after): wake = after
                case .done: isDone = true
                }
            }
        }

        /// What happens next; nil while the next step waits for a client.
        mutating func nextInput() throws -> ReplayMachine.Input? {
            while place < server.steps.count {
                let step = server.steps[place]
                let session = step.event.session
                if closed.contains(session) || session == 0 {
                    place += 1
                    continue
                }
                switch step.event.kind {
                case .opened:
                    guard connecting.remove(session) != nil else { return nil }
                    place += 1
                    return .connected(session: session, localPort: server.ports[session] ?? 0)
                case .message(let message) where message.from == .client:
                    guard let count = sent[session], count > 0 else { return nil }
                    sent[session] = count - 1
                case .message(let message):
                    place += 1
                    return .received(session: session, try server.actual(message, step))
                case .endOfStream(.client): guard finished.contains(session) else { return nil }
                case .endOfStream(.server):
                    place += 1
                    if ended.insert(session).inserted { return .ended(session: session, isReset: false) }
                    continue
                case .closed(let closing):
                    place += 1
                    if closing.by == .client || !ended.insert(session).inserted { continue }
                    return .ended(session: session, isReset: closing.manner == .reset)
                case .gap, .resumed, .ended, .unknown: break
                }
                place += 1
            }
            return nil
        }
    }

    private func actual(_ message: RecordedMessage, _ step: Step) throws -> ActualMessage {
        var message = message
        if !step.isChanged, message.isDecoded, message.form != .base64 {
            let tree = try NotationTree(message.text)
            let identified = identified(tree)
            if identified != tree {
                message.text = identified.text
                message.raw = nil
            }
        }
        guard let port = codec(of: step.event.session) else { return ActualMessage(payload: [], wire: []) }
        let limits = DecodingLimits()
        let wire = try message.wire(codec: port.codec, settings: port.settings, limits: limits)
        let payload = try message.payload(codec: port.codec, settings: port.settings, limits: limits)
        return ActualMessage(payload: payload, wire: wire)
    }
}

extension RecordedServer.Step {
    /// The message that is said.
    var message: RecordedMessage? { if case .message(let message) = event.kind { message } else { nil } }
}
