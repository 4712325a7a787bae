internal import Codecs
internal import Recorder

/// What a mock knows of its recordings: the sessions, and what was asked and answered in them. All of it is kept in memory,
/// within a limit.
struct MockScript {
    /// A port of the mock, and what is known of it.
    struct Port {
        let settings: MockPortSettings
        /// The sessions that were recorded there, in the order in which they were opened.
        var sessions: [Int] = []
        /// What was asked, by what it says …
        var exact = ExchangeIndex<MessageContent>()
        /// … and but for what clients make up.
        var shapes = ExchangeIndex<RequestShape>()
        /// What is not found by looking up alone: rules or taken out secrets let it be otherwise.
        var loose: [Int] = []
        /// All that was asked.
        var requests: [Int] = []
        /// The names of numbers that clients make up.
        var echoed: Set<[UInt8]> = []
        /// Codecs that were spoken at recorded ports of that number.
        var otherCodecs: Set<String> = []
    }

    var recordings: [MockRecording] = []
    var sessions: [MockSession] = []
    var exchanges: [MockExchange] = []
    var ports: [Port]
    /// Messages of servers that did not decode, and are not sent.
    var leftOutAnswers = 0
    /// Messages of clients that did not decode, which no message is like.
    var leftOutRequests = 0

    /// Reads recordings for these ports.
    init(_ paths: [String], ports: [MockPortSettings], options: MockOptions) throws {
        self.ports = ports.map { Port(settings: $0) }
        var names = ports.map { _ in EchoedNames() }
        var bytes = 0
        for path in paths {
            var collector = try MockCollector(path, into: self, options, names, bytes)
            try collector.read()
            (self, names, bytes) = (collector.script, collector.names, collector.bytes)
        }
        for port in self.ports where port.sessions.isEmpty {
            throw MockError.noSessions(port.settings, spoken: port.otherCodecs.sorted(), paths)
        }
        for index in self.ports.indices {
            self.ports[index].echoed = names[index].found
            finish(index)
        }
    }

    /// Makes everything ready that can be known before the first client.
    private mutating func finish(_ index: Int) {
        let tree = ValueTree()
        var seen = Set<Int>()
        for number in ports[index].sessions {
            let session = sessions[number]
            let all = [session.opening] + session.requests + [session.endOfStream].compactMap { $0 }
            for exchange in all where seen.insert(exchange).inserted {
                finish(exchange, session, echoed: ports[index].echoed, tree)
                guard let message = exchanges[exchange].message else { continue }
                ports[index].requests.append(exchange)
                ports[index].exact.add(
                    exchange, MessageContent(message.form, text: message.text.span.bytes, reading: tree),
                    session: number)
                if let shape = RequestShape(
                    message.form, text: message.text, echoed: ports[index].echoed, reading: tree)
                {
                    ports[index].shapes.add(exchange, shape, session: number)
                }
                if session.matcher.rules != nil || !message.redacted.isEmpty { ports[index].loose.append(exchange) }
            }
        }
    }

    private mutating func finish(
        _ exchange: Int, _ session: MockSession, echoed names: Set<[UInt8]>, _ tree: ValueTree
    ) {
        if !names.isEmpty, let message = exchanges[exchange].message {
            exchanges[exchange].echoed = NamedNumber.all(in: message.text, reading: tree).filter {
                names.contains($0.name)
            }
        }
        let isFixed = exchanges[exchange].echoed.isEmpty && session.matcher.rules?.hasCaptures != true
        for (place, answer) in exchanges[exchange].answers.enumerated() {
            guard case .message(let message) = answer else { continue }
            guard isFixed, !recordings[session.recording].mayDiffer(message),
                let frame = try? session.matcher.wire(of: message)
            else { continue }
            exchanges[exchange].answers[place] = .frame(frame)
        }
        let frames = exchanges[exchange].answers.compactMap { if case .frame(let bytes) = $0 { bytes } else { nil } }
        if frames.count == exchanges[exchange].answers.count {
            exchanges[exchange].fixed = RecordedAnswer(frames: frames, ending: exchanges[exchange].ending)
        }
    }
}

/// A recording that a mock answers from.
struct MockRecording {
    let path: String
    /// What its clients made up and the server gave back.
    let identifiers: RecordedIdentifiers
    /// Ports and hosts of its clients.
    var addresses: Set<[UInt8]> = []

    /// Whether a message of the server holds anything that other clients make it say otherwise.
    func mayDiffer(_ message: RecordedMessage) -> Bool {
        if message.form == .base64 {
            guard !identifiers.isEmpty, let bytes = BinaryIdentifiers.bytes(ofForm: message.text) else { return false }
            var isFound = false
            bytes.withUnsafeBytes { bytes in
                BinaryIdentifiers.windows(of: bytes) { _, window in
                    isFound = isFound || identifiers.isReturned(identifiers.key(binary: window))
                }
            }
            return isFound
        }
        var isFound = false
        message.text.withUnsafeBytes { text in
            IdentifierTokens.visit(json: text) { token, _, _ in
                isFound = isFound || identifiers.isReturned(identifiers.key(token)) || addresses.contains(Array(token))
                return isFound
            }
        }
        return isFound
    }
}

/// Why a mock cannot be.
package enum MockError: Error, Sendable, CustomStringConvertible {
    case noSessions(MockPortSettings, spoken: [String], [String])
    case tooLarge(path: String, line: Int, megabytes: Int)

    package var description: String {
        switch self {
        case .noSessions(let port, let spoken, let paths):
            let names = paths.map { TerminalText.escaped($0) }.joined(separator: ", ")
            let place = port.recorded.map { " at port \($0)" } ?? ""
            let ports = spoken.isEmpty ? "" : "; its ports speak \(spoken.joined(separator: ", "))"
            return "\(names): holds no session in \(port.codec.name)\(place)\(ports)"
        case .tooLarge(let path, let line, let megabytes):
            return
                "\(TerminalText.escaped(path)):\(line): up to here there are more than \(megabytes) MiB of messages, "
                + "which a mock keeps in memory: take a shorter recording"
        }
    }
}
