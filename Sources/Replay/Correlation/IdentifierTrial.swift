internal import Codecs

/// Tries how far one answered message may stand for the recorded one by what differs from run to run, and notes what that
/// would bind. Nothing is bound by trying: the same answer may be held against several recorded ones.
struct IdentifierTrial {
    /// Something that the answer would bind.
    struct Found: Sendable, Hashable {
        var recorded: [UInt8]
        var actual: [UInt8]
        /// It stands in a binary message, rather than in text.
        var isBinary = false
        /// The name under which a rule captures it.
        var name: String?
    }

    private let correlation: Correlation
    private let format: any PayloadFormat
    /// Longer texts are not looked through for words.
    private static let maximumTextBytes = 1 << 20

    private(set) var found: [Found] = []
    /// What each found value is taken for, and under which key, in the order of `found`.
    private var staged: [UInt64: [UInt8]] = [:]
    private var keys: [UInt64] = []
    /// What was put into the recorded message in the place of what stood there: the present values, no recorded ones.
    private var putIn: Set<UInt64> = []
    /// Whether something that was put in is just like a recorded value of the same message, so that it takes the message
    /// as it was recorded to tell them apart.
    private(set) var isAmbiguous = false
    /// The message as it was recorded, its nodes in the same places as those of the expected one.
    private var original: ValueTree?
    /// Whether it is only asked, so that nothing is noted: as in finding out which elements of lists belong together.
    var isPlainQuestion = false

    init(_ correlation: Correlation, format: any PayloadFormat) {
        self.correlation = correlation
        self.format = format
    }

    /// Takes note of what was put into a message before it is compared.
    mutating func know(replaced current: [UInt8], from recorded: [UInt8]) {
        guard current != recorded else { return }
        visit(current) { putIn.insert(correlation.key($0)) }
        var before: Set<UInt64> = []
        visit(recorded) { before.insert(correlation.key($0)) }
        // A value that stands in both may be put in, or a recorded one that is still to be bound.
        var countNow = 0
        var countBefore = 0
        visit(current) { if before.contains(correlation.key($0)), correlation.isOpen($0) { countNow += 1 } }
        visit(recorded) { if putIn.contains(correlation.key($0)), correlation.isOpen($0) { countBefore += 1 } }
        isAmbiguous = countNow != countBefore
        putIn.subtract(before)
    }

    /// Tells by the message as it was recorded what was put in where. Without it, what was put in counts as recorded where
    /// the two are alike.
    mutating func compare(with original: ValueTree, expected: ValueTree) {
        let isParallel =
            original.nodeCount == expected.nodeCount
            && (0..<original.nodeCount).allSatisfy {
                let (one, other) = (original.nodes[$0].kind, expected.nodes[$0].kind)
                return one == other || Self.isNumber(one) && Self.isNumber(other)
            }
        if isParallel { self.original = original }
    }

    private static func isNumber(_ kind: ValueKind) -> Bool { kind == .int || kind == .bigInt || kind == .number }

    /// Whether a value that is not the same may stand for the recorded one; both are of the same kind.
    mutating func accepts(expected: Value, actual: Value) -> Bool {
        let count = found.count
        let isAccepted = tryValue(expected, actual)
        if !isAccepted { forget(downTo: count) }
        return isAccepted
    }

    /// Takes a captured value: what it is from now on, or whether it is what it was before.
    mutating func captures(expected: Value, actual: Value, as name: String) -> Bool {
        guard let recorded = plain(expected), let present = plain(actual) else { return false }
        if let known = recorded.withUnsafeBytes({ correlation.captured($0) }) { return known == present }
        return stage(Found(recorded: recorded, actual: present, name: name))
    }

    /// Notes the identifiers of a recorded message that the answer has just as they were recorded: they are to stay so.
    ///
    /// - Parameter actual: the answer's form; nil where it is the recorded one. Asked for only where it matters.
    mutating func keepUnchanged(in recorded: [UInt8], form: ReadableForm.Key, actual: () -> [UInt8]?) {
        if form == .base64 {
            guard actual() == nil, let bytes = BinaryIdentifiers.bytes(ofForm: recorded) else { return }
            bytes.withUnsafeBytes { bytes in
                for run in openRuns(bytes) {
                    let part = Array(bytes[run])
                    stage(Found(recorded: part, actual: part, isBinary: true))
                }
            }
            return
        }
        var open: [UInt64: [UInt8]] = [:]
        visit(recorded) { candidate in
            let key = correlation.key(candidate)
            if correlation.isOpen(candidate), staged[key] == nil, !putIn.contains(key) { open[key] = Array(candidate) }
        }
        guard !open.isEmpty else { return }
        if let actual = actual() {
            var present: Set<UInt64> = []
            visit(actual) { present.insert(correlation.key($0)) }
            open = open.filter { present.contains($0.key) }
        }
        for text in open.values { stage(Found(recorded: text, actual: text)) }
    }

    private func visit(_ json: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        json.withUnsafeBytes { text in
            IdentifierTokens.visit(json: text) { candidate, _, _ in
                body(candidate)
                return false
            }
        }
    }

    // MARK: Values

    private mutating func tryValue(_ expected: Value, _ actual: Value) -> Bool {
        if correlation.hasCaptures, let recorded = plain(expected), let present = plain(actual),
            recorded.withUnsafeBytes({ correlation.captured($0) }) == present
        {
            return true
        }
        switch expected.kind {
        case .int, .number, .bigInt:
            guard let recorded = plain(expected), let present = plain(actual) else { return false }
            let before = self.before(expected).map { plain($0) ?? [] }
            return recorded.withUnsafeBytes { one in
                present.withUnsafeBytes { tryToken(Counterparts(recorded: one, actual: $0, before: before)) }
            }
        case .string:
            guard let recorded = expected.text, let present = actual.text else { return false }
            let before = self.before(expected).map { $0.text ?? [] }
            return recorded.withUnsafeBytes { one in
                present.withUnsafeBytes { tryText(Counterparts(recorded: one, actual: $0, before: before)) }
            }
        case .bytes, .byteArray, .legacyString, .typedBytes:
            guard expected.typeNumber == actual.typeNumber else { return false }
            return tryBytes(expected.content, actual.content)
        default: return false
        }
    }

    /// A scalar's text as it stands in a recording, without quotes; nil for what has none.
    private func plain(_ value: Value) -> [UInt8]? {
        switch value.kind {
        case .int:
            return Array(String(Int64(bitPattern: value.node.payload)).utf8)
        case .number: return Array(value.content)
        case .bigInt:
            let text = value.readableText(format: format)
            return Array(
                text.utf8.drop { $0 != UInt8(ascii: ":") }.filter { IdentifierTokens.isDigit($0) || $0 == 45 })
        case .string: return value.text
        default: return nil
        }
    }

    private mutating func tryBytes(_ recorded: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer) -> Bool {
        if Self.isText(recorded), Self.isText(actual), tryText(Counterparts(recorded: recorded, actual: actual)) {
            return true
        }
        if recorded.count <= IdentifierTokens.maximumWholeBytes, recorded.count == actual.count {
            let (one, other) = (Self.base64(recorded), Self.base64(actual))
            if correlation.isOpen(one) { return stage(Found(recorded: one, actual: other)) }
        }
        return tryBinary(recorded, actual)
    }

    // MARK: Texts

    /// Two texts that are held against each other.
    private struct Counterparts {
        /// What is expected: recorded, but for what was put in.
        var recorded: UnsafeRawBufferPointer
        var actual: UnsafeRawBufferPointer
        /// What stood in the recording in the place of `recorded`; nil where it takes no telling.
        var before: [UInt8]?
    }

    /// The value as it was recorded, where that is to be told from what is expected.
    private func before(_ expected: Value) -> Value? {
        original.map { Value(tree: $0, index: expected.index) }
    }

    private mutating func tryText(_ texts: Counterparts) -> Bool {
        guard max(texts.recorded.count, texts.actual.count) <= Self.maximumTextBytes else { return false }
        if tryToken(texts) {
            // What is inside goes along, as far as it is known for an identifier by itself.
            _ = tryWords(texts)
            return true
        }
        let count = found.count
        if tryWords(texts) { return true }
        forget(downTo: count)
        return false
    }

    private mutating func tryWords(_ texts: Counterparts) -> Bool {
        tryParts(texts, IdentifierTokens.words) { trial, words in
            let isAccepted = trial.tryToken(words)
            let count = trial.found.count
            let arePieces = trial.tryParts(words, IdentifierTokens.pieces) { $0.tryToken($1) }
            // The pieces of a whole one go along, as far as they are known by themselves.
            if isAccepted, !arePieces { trial.forget(downTo: count) }
            return isAccepted || arePieces
        }
    }

    /// Holds parts against each other; what stands between them must be the same.
    private mutating func tryParts(
        _ texts: Counterparts, _ parts: (UnsafeRawBufferPointer) -> [IdentifierTokens.Part],
        _ body: (inout IdentifierTrial, Counterparts) -> Bool
    ) -> Bool {
        let (recorded, actual) = (texts.recorded, texts.actual)
        let (ours, theirs) = (parts(recorded), parts(actual))
        guard ours.count == theirs.count, !ours.isEmpty else { return false }
        let before = texts.before.map { text in
            text.withUnsafeBytes { text in parts(text).map { Array(text[$0.range]) } }
        }
        var (end, otherEnd) = (0, 0)
        for (index, (part, counterpart)) in zip(ours, theirs).enumerated() {
            let (one, other) = (part.range, counterpart.range)
            guard recorded[end..<one.lowerBound].elementsEqual(actual[otherEnd..<other.lowerBound]) else {
                return false
            }
            var inside = Counterparts(
                recorded: UnsafeRawBufferPointer(rebasing: recorded[one]),
                actual: UnsafeRawBufferPointer(rebasing: actual[other]))
            if let before, before.count == ours.count { inside.before = before[index] }
            if !inside.recorded.elementsEqual(inside.actual) {
                guard !part.isQuantity, body(&self, inside) else { return false }
            }
            (end, otherEnd) = (one.upperBound, other.upperBound)
        }
        return recorded[end...].elementsEqual(actual[otherEnd...])
    }

    private mutating func tryToken(_ texts: Counterparts) -> Bool {
        let (recorded, actual) = (texts.recorded, texts.actual)
        guard recorded.count <= IdentifierTokens.maximumWholeBytes, actual.count <= IdentifierTokens.maximumWholeBytes
        else { return false }
        let one = Array(recorded)
        let key = correlation.key(one)
        // What was put in is known: nothing else may stand there.
        if let before = texts.before, before != one { return false }
        if let known = staged[key] { return known.elementsEqual(actual) }
        guard texts.before != nil || !putIn.contains(key) else { return false }
        let isLikely = correlation.isLikely(recorded, actual)
        guard
            isLikely
                || correlation.isOpen(recorded) && IdentifierShape.isIdentifier(recorded)
                    && IdentifierShape.mayStand(actual, for: recorded)
        else { return false }
        return stage(Found(recorded: one, actual: Array(actual)))
    }

    /// Notes what an answer would bind; false where this message has it otherwise already.
    @discardableResult
    private mutating func stage(_ value: Found) -> Bool {
        let key = correlation.key(of: value)
        if let known = staged[key] { return known == value.actual }
        guard !isPlainQuestion else { return true }
        staged[key] = value.actual
        found.append(value)
        keys.append(key)
        return true
    }

    /// Takes back what was noted since there were so many.
    private mutating func forget(downTo count: Int) {
        while found.count > count {
            found.removeLast()
            staged[keys.removeLast()] = nil
        }
    }

    // MARK: Bytes

    private mutating func tryBinary(_ recorded: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer) -> Bool {
        guard recorded.count == actual.count else { return false }
        let runs = openRuns(recorded)
        var next = 0
        for offset in 0..<recorded.count where recorded[offset] != actual[offset] {
            while next < runs.count, runs[next].upperBound <= offset { next += 1 }
            guard next < runs.count, runs[next].contains(offset) else { return false }
        }
        // Those that stayed the same are to stay so.
        for run in runs {
            let (one, other) = (Array(recorded[run]), Array(actual[run]))
            guard one == other || BinaryIdentifiers.mayStand(other, for: one),
                stage(Found(recorded: one, actual: other, isBinary: true))
            else { return false }
        }
        return true
    }

    /// The stretches of bytes that come back from clients.
    private func openRuns(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        BinaryIdentifiers.windows(of: bytes) { offset, window in
            guard correlation.isOpen(binary: window) else { return }
            let end = offset + BinaryIdentifiers.minimumBytes
            if let last = runs.last, last.upperBound >= offset {
                runs[runs.count - 1] = last.lowerBound..<end
            } else {
                runs.append(offset..<end)
            }
        }
        return runs
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 || $0 == 10 || $0 == 13 }
    }

    private static func base64(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var output = ByteWriter(capacity: bytes.count * 4 / 3 + 4)
        Base64.encode(bytes, into: &output)
        return output.array
    }
}
