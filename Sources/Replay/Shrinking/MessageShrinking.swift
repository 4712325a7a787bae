internal import Codecs
internal import Recorder

/// Makes the messages of a recording smaller, as long as it still fails.
///
/// What a client sends is lessened alone where the answers say nothing of it; what they repeat is lessened on both sides, or
/// the recording would ask for an answer to what was not said.
struct MessageShrinking {
    private let excerpt: RecordingExcerpt
    private let trial: ShrinkTrial
    /// What was answered to each request.
    private let answers: [Int: [Int]]

    init(_ excerpt: RecordingExcerpt, _ trial: ShrinkTrial, answers: [Int: [Int]]) {
        self.excerpt = excerpt
        self.trial = trial
        self.answers = answers
    }

    /// Does it with what servers repeat, then with each message that a client sends.
    func shrink() async throws {
        for text in repeated() { try await shrink(repeated: text) }
        for index in excerpt.events.indices {
            guard let message = message(at: index), message.from == .client else { continue }
            try await shrink(message, at: index)
        }
    }

    /// What a message says at present; nil where it is none that may be changed.
    private func message(at index: Int) -> RecordedMessage? {
        guard !trial.choice.removed.contains(index), case .message(let message) = excerpt.events[index].kind,
            message.isDecoded, message.redacted.isEmpty
        else { return nil }
        return trial.choice.changed[index] ?? message
    }

    private func fails(_ changes: [Int: RecordedMessage], hasOtherAnswers: Bool = false) async throws -> Bool {
        var candidate = trial.choice
        candidate.changed.merge(changes) { $1 }
        return try await trial.fails(candidate, .values, hasOtherAnswers: hasOtherAnswers)
    }

    private static func changed(_ message: RecordedMessage, _ text: [UInt8]) -> RecordedMessage {
        var changed = message
        changed.text = text
        changed.raw = nil
        return changed
    }

    // MARK: What a client sends

    private func shrink(_ message: RecordedMessage, at index: Int) async throws {
        if message.raw != nil { _ = try await fails([index: Self.changed(message, message.text)]) }
        let replies = (answers[index] ?? []).compactMap { self.message(at: $0) }
        if message.form == .base64 {
            try await shrinkBytes(
                of: message, at: replies.contains { $0.text == message.text } ? alike(message) : [index])
            return
        }
        guard let value = ShrinkableValue(text: message.text) else { return }
        let said = Repetition(of: value, in: replies.compactMap { ShrinkableValue(text: $0.text) })
        _ = try await ValueShrinking.shrink(value) { smaller in
            guard trial.takesAnything || said.stands(in: smaller) else { return false }
            return try await fails([index: Self.changed(message, smaller.text)])
        }
    }

    /// Where the same bytes stand, from either side.
    private func alike(_ message: RecordedMessage) -> [Int] {
        excerpt.events.indices.filter { self.message(at: $0)?.text == message.text }
    }

    private func shrinkBytes(of message: RecordedMessage, at places: [Int]) async throws {
        var output = ByteWriter()
        let inside = Array(message.text.dropFirst().dropLast())
        guard (try? Base64.decode(inside.span.bytes, into: &output)) != nil else { return }
        let bytes = output.array
        _ = try await Minimizing.minimize(bytes, smallestChunk: max(bytes.count / 64, 1)) { bytes in
            let text = Array("\"\(Base64.encode(bytes))\"".utf8)
            var changes: [Int: RecordedMessage] = [:]
            for place in places { changes[place] = self.message(at: place).map { Self.changed($0, text) } }
            return try await fails(changes, hasOtherAnswers: places.count > 1)
        }
    }

    // MARK: What servers repeat

    /// Longer texts that a client sends and a server sends back.
    private func repeated() -> [[UInt8]] {
        var sent: [[UInt8]] = []
        var answered: [[UInt8]] = []
        for index in excerpt.events.indices {
            guard let message = message(at: index), message.form != .base64,
                let value = ShrinkableValue(text: message.text)
            else { continue }
            let texts = value.strings.filter { $0.count >= ValueShrinking.shortText }
            if message.from == .client { sent += texts } else { answered += texts }
        }
        var seen: Set<[UInt8]> = []
        return sent.filter { text in
            seen.insert(text).inserted && answered.contains { $0.contains(text) }
        }
    }

    private func shrink(repeated text: [UInt8]) async throws {
        var messages: [Int: (message: RecordedMessage, value: ShrinkableValue)] = [:]
        for index in excerpt.events.indices {
            guard let message = message(at: index), message.form != .base64,
                let value = ShrinkableValue(text: message.text), value.strings.contains(where: { $0.contains(text) })
            else { continue }
            messages[index] = (message, value)
        }
        _ = try await ValueShrinking.shrink(text: text) { shorter in
            let changes = messages.mapValues { Self.changed($0, $1.replacing(text, with: shorter).text) }
            return try await fails(changes, hasOtherAnswers: true)
        }
    }
}
