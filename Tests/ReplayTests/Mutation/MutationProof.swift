import Codecs
import Recorder

@testable import Replay

/// Proves that a replay of a recording tells a server that is wrong in one way from the right one, for every way.
///
/// Each check gives what it found wrong, as sentences: none where all is as it should be.
struct MutationProof {
    let server: RecordedServer

    /// - Parameter identifiers: what the recorded server makes up and clients send back, and what it makes up this time; it
    ///   may be replaced, but the same way everywhere.
    init(path: String, identifiers: [String: String] = [:]) throws {
        server = try RecordedServer(path: path, identifiers: identifiers)
    }

    /// The right server passes, with other ports and identifiers than were recorded, and is sent the present ones.
    func rightServerFails() throws -> [String] {
        let run = try server.run()
        var problems = run.findings.differences.map { "\($0)" }
        if !run.isDone { problems.append("the replay does not end") }
        if run.findings.matched != server.messages.count {
            problems.append("\(run.findings.matched) of \(server.messages.count) messages matched")
        }
        let requests = server.steps.filter { $0.message?.from == .client }
        for (session, steps) in Dictionary(grouping: requests, by: \.event.session) {
            guard let port = server.codec(of: session) else { continue }
            for (step, bytes) in zip(steps, run.sent[session] ?? []) {
                guard var message = step.message else { continue }
                let tree = server.identified(try NotationTree(message.text))
                if tree != (try NotationTree(message.text)) {
                    message.text = tree.text
                    message.raw = nil
                }
                let expected = try message.wire(codec: port.codec, settings: port.settings, limits: DecodingLimits())
                // Spaces and the like are the writer's.
                let isSame = try expected == bytes || value(expected, port.codec) == value(bytes, port.codec)
                if !isSame {
                    problems.append("line \(step.event.line) was sent as \(String(decoding: bytes, as: UTF8.self))")
                }
            }
        }
        return problems
    }

    private func value(_ wire: [UInt8], _ codec: Codec) throws -> [NotationTree] {
        var reader = MessageReader(codec: codec, limits: DecodingLimits())
        let tree = ValueTree()
        guard try reader.nextMessage(in: wire.span.bytes, into: tree) != nil else { return [] }
        var output = ByteWriter()
        _ = try codec.payload.writeReadable(tree, limits: DecodingLimits(), into: &output)
        return [try NotationTree(output.array)]
    }

    // MARK: Values

    /// A server that says one thing otherwise in one message fails, with the difference at that place.
    func wrongValuesPass() throws -> (problems: [String], mutants: Int) {
        var problems: [String] = []
        var count = 0
        let right = try server.run()
        for place in server.messages {
            guard let message = server.steps[place].message, message.isDecoded,
                let port = server.codec(of: server.session(place))
            else { continue }
            let tree = try server.tree(at: place)
            let others = try server.messages.filter {
                server.session($0) == server.session(place) && $0 != place
            }.map { try server.tree(at: $0) }
            var mutants = Mutant.all(of: tree, payload: port.codec.payload.name)
            if !port.codec.payload.isStructured { mutants = mutants.filter { $0.isText } }
            for mutant in mutants {
                count += 1
                let run = try server.saying(mutant.tree, at: place).run()
                let line = server.steps[place].event.line
                let name = "line \(line), \(mutant.path): \(mutant.what)"
                if !run.isDone { problems.append("\(name): the replay does not end") }
                let isIdentifier = changesIdentifier(mutant.tree, from: tree)
                if run.findings.differences.isEmpty, !isIdentifier || run.sent == right.sent {
                    problems.append("\(name): passes")
                }
                // In a stream without frames a byte too many is the next one's.
                if isIdentifier || !port.codec.framing.keepsBoundaries { continue }
                // What says the same as another message of the session may be taken for that one.
                let isAt = run.findings.differences.contains {
                    $0.line == line && mutant.isNamed(by: $0, server.identifiers)
                }
                if !isAt, !others.contains(mutant.tree) {
                    problems.append("\(name): is found elsewhere: \(run.findings.differences.prefix(3))")
                }
            }
        }
        return (problems, count)
    }

    /// Whether a tree differs from another in what the server makes up. Made up otherwise where it is issued, it is right,
    /// if clients send that back.
    private func changesIdentifier(_ tree: NotationTree, from other: NotationTree) -> Bool {
        Set(other.scalars).subtracting(tree.scalars).contains { scalar in
            let text = String(decoding: scalar.text, as: UTF8.self)
            return server.madeUp.contains { text.contains($0) }
        }
    }

    // MARK: Identifiers

    /// A server that uses an identifier otherwise in one message, and as it should in all others, fails.
    func inconsistentIdentifiersPass(_ changed: [String: String]) throws -> [String] {
        var problems: [String] = []
        for place in server.messages {
            let tree = try server.tree(at: place)
            let other = tree.mapScalars { scalar in
                switch scalar {
                case .number(let text): changed[text].map { .number($0) } ?? scalar
                case .string(let text):
                    .string(changed.reduce(text) { $0.replacing($1.key, with: $1.value) })
                default: scalar
                }
            }
            guard other != tree else { continue }
            if try server.saying(other, at: place).run().findings.differences.isEmpty {
                problems.append("line \(server.steps[place].event.line): another identifier passes")
            }
        }
        return problems
    }

    // MARK: Messages and ends

    /// A server that leaves a message out, says it twice, says a new one or two in the other order, says it to another
    /// client, or ends the connection in another way, fails; gives those that pass.
    func wrongMessagesPass() throws -> (problems: [String], mutants: Int) {
        var problems: [String] = []
        var count = 0
        func check(_ what: String, _ server: RecordedServer) throws {
            count += 1
            let run = try server.run()
            if !run.isDone { problems.append("\(what): the replay does not end") }
            if run.findings.differences.isEmpty { problems.append("\(what): passes") }
            // One message is not the cause of a difference for every other.
            if run.findings.differences.count > 3 {
                problems.append("\(what): has \(run.findings.differences.count) differences")
            }
        }
        for place in server.messages {
            let step = server.steps[place]
            let line = "line \(step.event.line)"
            try check("\(line) is missing", server.without(place))
            let next = server.messages.first { $0 > place && server.session($0) == server.session(place) }
            if let next, try server.tree(at: next) != server.tree(at: place) {
                try check("\(line) and the next one are swapped", server.swapping(place, next))
            }
            for session in openSessions(at: place) where session != step.event.session {
                var astray = step
                astray.event.session = session
                try check("\(line) goes to session \(session)", server.without(place).with(astray, at: place))
            }
            for isReset in [false, true] {
                try check("\(line): the server \(isReset ? "resets" : "ends") before it", ended(at: place, isReset))
            }
            // What comes behind the client's own end is not compared.
            if hasFinished(step.event.session, at: place) { continue }
            try check("\(line) comes twice", server.with(step, at: place))
            let new = server.with(step, at: place).saying(.map([.init(key: "new", value: .null)]), at: place)
            if server.codec(of: step.event.session)?.codec.payload.isStructured == true {
                try check("\(line): one more comes before it", new)
            }
        }
        for (place, step) in server.steps.enumerated() {
            guard case .closed(let closing) = step.event.kind, closing.by == .server,
                !hasFinished(step.event.session, at: place)
            else { continue }
            try check("line \(step.event.line): the connection stays open", server.without(place))
            var other = step
            other.event.kind = .closed(SessionClosing(closing.manner == .reset ? .clean : .reset, by: .server))
            try check("line \(step.event.line): the other end", server.without(place).with(other, at: place))
        }
        return (problems, count)
    }

    private func hasFinished(_ session: Int, at place: Int) -> Bool {
        server.steps[..<place].contains { $0.event.session == session && $0.event.kind == .endOfStream(.client) }
    }

    private func openSessions(at place: Int) -> Set<Int> {
        var open: Set<Int> = []
        for step in server.steps[..<place] {
            switch step.event.kind {
            case .opened: open.insert(step.event.session)
            case .closed, .endOfStream: open.remove(step.event.session)
            default: break
            }
        }
        return open
    }

    /// The server that ends a connection before a message, and says nothing there any more.
    private func ended(at place: Int, _ isReset: Bool) -> RecordedServer {
        let session = server.session(place)
        var ended = server
        for later in server.messages.reversed() where later >= place && server.session(later) == session {
            ended = ended.without(later)
        }
        let closing = SessionClosing(isReset ? .reset : .clean, by: .server)
        let event = TranscriptEvent(time: server.steps[place].event.time, session: session, kind: .closed(closing))
        return ended.with(.init(event: event), at: place)
    }
}

extension Mutant {
    /// Whether a difference is at the mutant's place.
    ///
    /// - Parameter identifiers: what stands for recorded ones; paths have the recorded ones in them.
    fileprivate func isNamed(by difference: Difference, _ identifiers: [String: String]) -> Bool {
        guard case .value(let values) = difference.kind else { return false }
        let recorded = identifiers.reduce(path) { $0.replacing($1.value, with: $1.key) }
        return values.contains { value in
            [path, recorded].contains { isBeginning ? value.path.hasPrefix($0) : value.path == $0 }
        }
    }

    /// Whether it is a text, which is all that a payload of plain bytes can say.
    fileprivate var isText: Bool { if case .string = tree { true } else { false } }
}
