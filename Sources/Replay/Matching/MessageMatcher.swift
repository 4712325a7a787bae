internal import Codecs
internal import Recorder

/// A message that the server sent during a replay.
package struct ActualMessage: Sendable, Hashable {
    /// The payload; for bytes that did not decode, those bytes.
    package var payload: [UInt8]
    /// Every byte since the message before.
    package var wire: [UInt8]
    /// Why the bytes are no message: they do not decode, or the connection ended inside them.
    package var fault: String?
    /// Nothing behind these bytes can be read as messages.
    package var isLost: Bool
    /// The recording's line that had been got to when it came, where that is kept.
    var place = 0

    package init(payload: [UInt8], wire: [UInt8], fault: String? = nil, isLost: Bool = false) {
        self.payload = payload
        self.wire = wire
        self.fault = fault
        self.isLost = isLost
    }
}

/// Decides whether a server's message may stand for the recorded one: values are compared, not bytes, where both decode.
struct MessageMatcher {
    let codec: Codec
    let settings: WritingSettings
    let limits: DecodingLimits
    /// Bytes are compared, not values.
    var comparesBytes = false
    /// What may differ all the same.
    let rules: RuleAutomaton?
    /// What a recording says of secrets that were taken out of it is believed.
    let believesRedaction: Bool

    private let trees: Trees
    private var expectedTree: ValueTree { trees.expected }
    private var actualTree: ValueTree { trees.actual }

    /// What messages are read into: kept from one to the next, for all sessions of a replay.
    struct Trees {
        /// A message's readable form, as a recording has it.
        fileprivate let form = ValueTree()
        fileprivate let expected = ValueTree()
        fileprivate let actual = ValueTree()
    }

    init(
        codec: Codec, settings: WritingSettings, limits: DecodingLimits, comparesBytes: Bool,
        rules: RuleAutomaton? = nil, believesRedaction: Bool = true, trees: Trees = Trees()
    ) {
        self.trees = trees
        self.codec = codec
        self.settings = settings
        self.limits = limits
        self.comparesBytes = comparesBytes
        self.rules = comparesBytes ? nil : rules
        self.believesRedaction = believesRedaction && !comparesBytes
    }

    /// What the recorded message should be this time: with what is bound in the place of what was recorded.
    ///
    /// - Parameter sentAt: the line of a message that a client is to send.
    func current(
        _ message: RecordedMessage, _ correlation: inout Correlation, sentAt line: Int? = nil
    ) -> RecordedMessage {
        let text =
            message.form == .base64
            ? correlation.replaced(inBinary: message.text, sentAt: line)
            : correlation.replaced(in: message.text, sentAt: line)
        guard message.isDecoded, let text else { return message }
        return message.replacing(text: text, codec: codec, settings: settings, limits: limits)
    }

    /// How the server's message differs from the recorded one, and what it would bind.
    ///
    /// - Parameters:
    ///   - expected: what the recorded message should be this time.
    ///   - original: the message as it was recorded.
    func comparison(
        expected: RecordedMessage, recorded original: RecordedMessage, actual: ActualMessage,
        _ correlation: Correlation
    ) throws -> MessageComparison {
        var trial: IdentifierTrial?
        if try isAsRecorded(expected, actual, correlation) { return MessageComparison(difference: nil, found: []) }
        var redacted: RedactedValues?
        if believesRedaction, !comparesBytes, !expected.redacted.isEmpty {
            redacted = RedactedValues(places: RedactedPlaces(expected.redacted))
        }
        let hasCaptures = correlation.hasCaptures || rules?.hasCaptures == true
        if correlation.mayBind || hasCaptures || redacted != nil, !comparesBytes, original.isDecoded {
            let asked = IdentifierTrial(correlation, format: codec.payload)
            // A secret that was taken out comes back as any other identifier does, whatever it looks like.
            if hasCaptures || redacted != nil || asked.hasOpen(in: original.text, form: original.form) { trial = asked }
        }
        let difference = try difference(expected: expected, recorded: original, actual: actual, &trial, &redacted)
        return MessageComparison(
            difference: difference, found: trial?.found ?? [], redacted: redacted?.allowed ?? 0)
    }

    /// Whether the message has just the recorded bytes, and neither an identifier nor a rule has anything to learn of that: how
    /// most messages are, so it is found out before anything is made ready for those that differ.
    private func isAsRecorded(
        _ expected: RecordedMessage, _ actual: ActualMessage, _ correlation: Correlation
    ) throws -> Bool {
        guard correlation.identifiers.isEmpty, rules == nil, actual.fault == nil, expected.isDecoded else {
            return false
        }
        if let raw = expected.raw { return raw == actual.wire }
        return try !comparesBytes && payload(of: expected) == actual.payload
    }

    /// The payload of a recorded message.
    private func payload(of message: RecordedMessage) throws -> [UInt8] {
        try message.payload(codec: codec, settings: settings, limits: limits, reading: trees.form)
    }

    /// The bytes of a recorded message.
    func wire(of message: RecordedMessage) throws -> [UInt8] {
        try message.wire(codec: codec, settings: settings, limits: limits, reading: trees.form)
    }

    /// How the server's message differs from the recorded one; nil where it may stand for it.
    private func difference(
        expected: RecordedMessage, recorded original: RecordedMessage, actual: ActualMessage,
        _ trial: inout IdentifierTrial?, _ redacted: inout RedactedValues?
    ) throws -> Difference.Kind? {
        if let raw = expected.raw, raw == actual.wire, noteEqual(expected, original, actual, &trial) { return nil }
        let payload = try self.payload(of: expected)
        if !expected.isDecoded {
            if payload == actual.wire { return nil }
            if redacted?.places.allow(actual.wire, recorded: payload, at: "bytes") == true {
                redacted?.allowed += 1
                return nil
            }
            return .value([Self.byteDifference(expected: payload, actual: actual.wire)])
        }
        if let fault = actual.fault { return .undecodable(reason: fault, actual: recorded(actual)) }
        if payload == actual.payload, !comparesBytes, noteEqual(expected, original, actual, &trial) { return nil }
        if comparesBytes {
            let wire = try self.wire(of: expected)
            if wire == actual.wire { return nil }
            return .value([Self.byteDifference(expected: wire, actual: actual.wire)])
        }
        try codec.payload.decode(payload.span.bytes, into: expectedTree, limits: limits)
        if trial != nil, expected.text != original.text {
            let before = try self.payload(of: original)
            let tree = ValueTree()
            try codec.payload.decode(before.span.bytes, into: tree, limits: limits)
            trial?.know(original: tree, expected: expectedTree, replaced: expected.text, from: original.text)
        }
        do throws(PayloadError) {
            try codec.payload.decode(actual.payload.span.bytes, into: actualTree, limits: limits)
        } catch {
            return .undecodable(reason: error.reason, actual: recorded(actual))
        }
        let differences = ValueDiff.differences(
            expected: expectedTree.root, actual: actualTree.root, format: codec.payload, rules: rules, trial: &trial,
            redacted: &redacted)
        return differences.isEmpty ? nil : .value(differences)
    }

    /// Takes note of a message whose bytes are as expected: a rule that fits is not unused, and what it captures, and the
    /// identifiers, are to stay what they are. False where they are known to be others, or where it takes the values to tell.
    private func noteEqual(
        _ expected: RecordedMessage, _ original: RecordedMessage, _ actual: ActualMessage,
        _ trial: inout IdentifierTrial?
    ) -> Bool {
        guard expected.isDecoded, actual.fault == nil else { return true }
        if var noted = trial {
            // Of values it counts under which name an identifier stands, and whether a rule lets anything stand there.
            guard rules == nil, original.form == .base64, expected.text == original.text,
                noted.keepUnchanged(inBinary: original.text)
            else {
                return false
            }
            trial = noted
        }
        return noteRules(actual, &trial)
    }

    private func noteRules(_ message: ActualMessage, _ trial: inout IdentifierTrial?) -> Bool {
        guard let rules, rules.hasUnused || rules.hasCaptures else { return true }
        do throws(PayloadError) {
            try codec.payload.decode(message.payload.span.bytes, into: actualTree, limits: limits)
        } catch {
            return true
        }
        return rules.captures(in: actualTree.root).allSatisfy { name, value in
            trial?.captures(expected: value, actual: value, as: name) != false
        }
    }

    /// The server's message in the form that a recording would give it.
    func recorded(_ message: ActualMessage) -> RecordedMessage {
        var output = ByteWriter()
        if message.fault == nil {
            do throws(PayloadError) {
                try codec.payload.decode(message.payload.span.bytes, into: actualTree, limits: limits)
                let form = try codec.payload.writeReadable(actualTree, limits: limits, into: &output)
                return RecordedMessage(from: .server, form: form.key, text: output.array)
            } catch {
                output.removeAll()
            }
        }
        output.append(UInt8(ascii: "\""))
        message.wire.withUnsafeBytes { Base64.encode($0, into: &output) }
        output.append(UInt8(ascii: "\""))
        var recorded = RecordedMessage(from: .server, form: .base64, text: output.array)
        recorded.error = message.fault
        return recorded
    }

    /// The first place where bytes differ, with some around it.
    static func byteDifference(expected: [UInt8], actual: [UInt8]) -> ValueDifference {
        let same = zip(expected, actual).prefix { $0 == $1 }.count
        let start = max(0, same - 8)
        return ValueDifference(
            path: "bytes[\(same)]",
            expected: TerminalText.bytes(Array(expected[min(start, expected.count)...]), limit: 64),
            actual: TerminalText.bytes(Array(actual[min(start, actual.count)...]), limit: 64), rule: "bytes")
    }
}

/// What came of holding an answer against a recorded message.
struct MessageComparison {
    /// How they differ; nil where the answer may stand for the recorded message.
    var difference: Difference.Kind?
    /// What the answer binds, if it is the answer to that message.
    var found: [IdentifierTrial.Found]
    /// Values that were let pass since secrets were taken out of the recorded ones.
    var redacted = 0
}
