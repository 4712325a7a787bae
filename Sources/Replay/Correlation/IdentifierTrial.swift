internal import Codecs

/// Tries how far one answered message may stand for the recorded one by what differs from run to run, and notes what that
/// would bind. Nothing is bound by trying: the same answer may be held against several recorded ones.
///
/// A token of an answer is judged by what was *recorded* in its place and by what is *expected* there: the same, but for what
/// is bound and was put in. It may be as expected, or another identifier where the recorded one is still open. What stays as it
/// was recorded is noted as well, so that an identifier is the same throughout a message; and the pieces of a token go along
/// with it, so that `room-48213` and 48213 do not part.
struct IdentifierTrial {
    /// Something that the answer would bind.
    struct Found: Sendable, Hashable {
        var recorded: [UInt8]
        var actual: [UInt8]
        /// It stands in a binary message, rather than in text.
        var isBinary = false
        /// The name under which a rule captures it.
        var name: String?
        /// It was seen only where a rule lets anything differ: what is seen elsewhere counts more.
        var isWeak = false
        /// Stands for the name of the member in which it was seen.
        var place: UInt64 = 0
    }

    private let correlation: Correlation
    private let format: any PayloadFormat
    /// Longer texts are not looked through for words.
    private static let maximumTextBytes = 1 << 20

    private var notes: [Found] = []
    /// For each note its key, and which one it took the place of.
    private var undo: [(key: UInt64, previous: Int?)] = []
    /// The note of each recorded value.
    private var staged: [UInt64: Int] = [:]
    /// Which recorded value a present one stands for, as far as this message says.
    private var owners: [UInt64: UInt64] = [:]
    /// What was put into the recorded message, where nothing better tells it from what was recorded.
    private var putIn: Set<UInt64> = []
    /// The message as it was recorded, its nodes in the same places as those of the expected one.
    private var original: ValueTree?
    /// Whether it is only asked, so that nothing is noted: as in finding out which elements of lists belong together.
    var isPlainQuestion = false
    /// Whether a rule lets anything stand in the place that is looked at.
    var isWeak = false
    /// Whether what is looked at is part of a token that was accepted: it is noted as far as it is an identifier itself.
    private var isAlong = false
    /// The name of the member that is looked at, as far as there is one.
    private var place: UInt64 = 0
    /// Why the last value was not accepted, where it is not seen by looking at the two.
    private(set) var conflict: String?

    init(_ correlation: Correlation, format: any PayloadFormat) {
        self.correlation = correlation
        self.format = format
    }

    /// What the message would bind.
    var found: [Found] { notes.indices.filter { staged[undo[$0].key] == $0 }.map { notes[$0] } }

    /// Whether anything is noted yet.
    var hasNotes: Bool { !notes.isEmpty }

    /// Takes the message as it was recorded, where something was put into the expected one. Without it, or where the two are
    /// not built alike, what was put in is known by its text alone.
    mutating func know(original: ValueTree, expected: ValueTree, replaced current: [UInt8], from recorded: [UInt8]) {
        let isParallel =
            original.nodeCount == expected.nodeCount
            && (0..<original.nodeCount).allSatisfy {
                let (one, other) = (original.nodes[$0].kind, expected.nodes[$0].kind)
                return one == other || Self.isNumber(one) && Self.isNumber(other)
            }
        if isParallel {
            self.original = original
        } else {
            visit(current) { putIn.insert(correlation.key($0)) }
            visit(recorded) { putIn.remove(correlation.key($0)) }
        }
    }

    /// Whether a value may stand for the expected one of the same kind; equal ones are noted as well.
    ///
    /// - Parameter place: the name of the member that it is in.
    mutating func accepts(expected: Value, actual: Value, areEqual: Bool = false, place: Value? = nil) -> Bool {
        self.place = place?.text.map { correlation.key($0) } ?? 0
        let count = notes.count
        conflict = nil
        let isAccepted = tryValue(expected, actual, areEqual)
        if !isAccepted { forget(downTo: count) }
        return isAccepted
    }

    /// Whether what is left of a text may stand for what is left of the expected one.
    mutating func accepts(expectedText: [UInt8], actual: [UInt8]) -> Bool {
        place = 0
        let count = notes.count
        conflict = nil
        let isAccepted = Counterparts.with(expectedText, expectedText, actual) { tryText($0) }
        if !isAccepted { forget(downTo: count) }
        return isAccepted
    }

    /// Takes a captured value: what it is from now on, or whether it is what it was before.
    mutating func captures(expected: Value, actual: Value, as name: String) -> Bool {
        guard let recorded = plain(before(expected) ?? expected), let present = plain(actual) else { return false }
        if let known = recorded.withUnsafeBytes({ correlation.captured($0) }) { return known == present }
        return stage(Found(recorded: recorded, actual: present, name: name))
    }

    /// Notes the identifiers of a binary answer that is just as the message was recorded: they are to stay so. False where one
    /// of them is known to be another.
    mutating func keepUnchanged(inBinary recorded: [UInt8]) -> Bool {
        guard let bytes = BinaryIdentifiers.bytes(ofForm: recorded) else { return true }
        return bytes.withUnsafeBytes { bytes in
            openRuns(bytes).allSatisfy { run in
                let part = Array(bytes[run])
                return stage(Found(recorded: part, actual: part, isBinary: true))
            }
        }
    }

    /// Whether a value, such as a map's key, holds identifiers that are still to be bound.
    func hasOpen(_ expected: Value) -> Bool {
        guard let text = plain(before(expected) ?? expected) else { return false }
        var isOpen = false
        text.withUnsafeBytes { text in
            if expected.kind != .string { isOpen = correlation.isOpen(text) }
            IdentifierTokens.visit(text: text) { token, _, _ in
                isOpen = isOpen || correlation.isOpen(token)
                return isOpen
            }
        }
        return isOpen
    }

    /// Whether a text of a message holds anything that may be bound yet.
    func hasOpen(in json: [UInt8], form: ReadableForm.Key) -> Bool {
        if form == .base64 {
            guard let bytes = BinaryIdentifiers.bytes(ofForm: json) else { return false }
            return bytes.withUnsafeBytes { !openRuns($0).isEmpty }
        }
        var isOpen = false
        visit(json) { isOpen = isOpen || correlation.isOpen($0) || correlation.awaited($0) != nil }
        return isOpen
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

    private mutating func tryValue(_ expected: Value, _ actual: Value, _ areEqual: Bool) -> Bool {
        let recorded = before(expected) ?? expected
        if !areEqual, correlation.hasCaptures, let before = plain(recorded), let present = plain(actual),
            before.withUnsafeBytes({ correlation.captured($0) }) == present
        {
            return true
        }
        switch expected.kind {
        case .int, .number, .bigInt:
            guard let before = plain(recorded), let current = plain(expected), let present = plain(actual) else {
                return areEqual
            }
            // Equal numbers may be written in other ways.
            return Counterparts.with(before, current, areEqual ? current : present) { tryToken($0) }
        case .string:
            guard let before = recorded.text, let current = expected.text, let present = actual.text else {
                return areEqual
            }
            return Counterparts.with(before, current, present) { tryText($0) }
        case .bytes, .byteArray, .legacyString, .typedBytes:
            guard expected.typeNumber == actual.typeNumber else { return false }
            return tryBytes(recorded.content, expected.content, actual.content)
        default: return areEqual
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

    /// The value as it was recorded, where that may be another than the expected one.
    private func before(_ expected: Value) -> Value? {
        original.map { Value(tree: $0, index: expected.index) }
    }

    private static func isNumber(_ kind: ValueKind) -> Bool { kind == .int || kind == .bigInt || kind == .number }

    // MARK: Texts

    /// Texts in the same place of three messages.
    private struct Counterparts {
        var recorded: UnsafeRawBufferPointer
        /// What is expected: recorded, but for what was put in.
        var expected: UnsafeRawBufferPointer
        var actual: UnsafeRawBufferPointer

        var isAsExpected: Bool { expected.elementsEqual(actual) }
        var isAsRecorded: Bool { recorded.elementsEqual(expected) }

        static func with(
            _ recorded: [UInt8], _ expected: [UInt8], _ actual: [UInt8], _ body: (Counterparts) -> Bool
        ) -> Bool {
            recorded.withUnsafeBytes { recorded in
                expected.withUnsafeBytes { expected in
                    actual.withUnsafeBytes { actual in
                        body(Counterparts(recorded: recorded, expected: expected, actual: actual))
                    }
                }
            }
        }
    }

    private mutating func tryText(_ texts: Counterparts) -> Bool {
        let isAsExpected = texts.isAsExpected
        guard max(texts.expected.count, texts.actual.count) <= Self.maximumTextBytes else { return isAsExpected }
        if isAsExpected, texts.isAsRecorded { return keep(texts.actual) }
        return tryWhole(texts) { $0.tryParts($1, IdentifierTokens.runs, { $0.tryRun($1) }) }
    }

    /// Notes that all of a text's identifiers stay as they were recorded.
    private mutating func keep(_ text: UnsafeRawBufferPointer) -> Bool {
        var isKept = true
        IdentifierTokens.visit(text: text) { token, _, _ in
            if isKept { isKept = keepToken(token, token) }
            return !isKept
        }
        return isKept
    }

    private mutating func tryRun(_ run: Counterparts) -> Bool {
        tryWhole(run) { $0.tryParts($1, IdentifierTokens.words) { $0.tryWord($1) } }
    }

    private mutating func tryWord(_ word: Counterparts) -> Bool {
        tryWhole(word) { $0.tryParts($1, IdentifierTokens.pieces) { $0.tryToken($1) } }
    }

    /// A token, or its parts; those of a token that is accepted go along as far as they correspond.
    private mutating func tryWhole(
        _ texts: Counterparts, _ parts: (inout IdentifierTrial, Counterparts) -> Bool
    ) -> Bool {
        let isAccepted = tryToken(texts)
        if texts.isAsExpected, !isAccepted { return false }
        let count = notes.count
        let goesAlong = isAlong
        isAlong = isAlong || isAccepted
        defer { isAlong = goesAlong }
        if parts(&self, texts) { return true }
        forget(downTo: count)
        return isAccepted && conflict == nil
    }

    /// Holds parts against each other; what stands between them must be the same.
    private mutating func tryParts(
        _ texts: Counterparts, _ parts: (UnsafeRawBufferPointer) -> [IdentifierTokens.Part],
        _ body: (inout IdentifierTrial, Counterparts) -> Bool
    ) -> Bool {
        let (expected, actual) = (texts.expected, texts.actual)
        let (ours, theirs) = (parts(expected), parts(actual))
        guard ours.count == theirs.count, !ours.isEmpty else { return false }
        var recorded = texts.isAsRecorded ? ours : parts(texts.recorded)
        let isTold = recorded.count == ours.count
        if !isTold { recorded = ours }
        var (end, otherEnd) = (0, 0)
        for index in ours.indices {
            let (one, other) = (ours[index].range, theirs[index].range)
            guard expected[end..<one.lowerBound].elementsEqual(actual[otherEnd..<other.lowerBound]) else {
                return false
            }
            (end, otherEnd) = (one.upperBound, other.upperBound)
            let part = Counterparts(
                recorded: UnsafeRawBufferPointer(
                    rebasing: isTold ? texts.recorded[recorded[index].range] : expected[one]),
                expected: UnsafeRawBufferPointer(rebasing: expected[one]),
                actual: UnsafeRawBufferPointer(rebasing: actual[other]))
            let count = notes.count
            let isAccepted = ours[index].isQuantity ? part.isAsExpected : body(&self, part)
            if !isAccepted {
                // What is part of an identifier need be none of its own.
                guard isAlong, conflict == nil else { return false }
                forget(downTo: count)
            }
        }
        return expected[end...].elementsEqual(actual[otherEnd...])
    }

    /// Whether a token may stand where another is expected; notes what that binds.
    private mutating func tryToken(_ token: Counterparts) -> Bool {
        if token.isAsExpected { return keepToken(token.recorded, token.actual) }
        guard token.expected.count <= IdentifierTokens.maximumWholeBytes,
            token.actual.count <= IdentifierTokens.maximumWholeBytes
        else { return false }
        let key = correlation.key(token.recorded)
        if let known = note(key), !known.isWeak || isWeak {
            if known.actual.elementsEqual(token.actual) { return true }
            if !isWeak { conflict = Self.contradiction(known) }
            return false
        }
        // What was put in is known: nothing else may stand there.
        guard correlation.bound(token.recorded) == nil, !putIn.contains(key) else { return false }
        if correlation.isLikely(token.recorded, token.actual) {
            return stage(Found(recorded: Array(token.recorded), actual: Array(token.actual)), isOwned: false)
        }
        guard
            correlation.isOpen(token.recorded) && IdentifierShape.isIdentifier(token.recorded)
                && IdentifierShape.mayStand(token.actual, for: token.recorded) && isConsistent(token)
        else { return false }
        return stage(Found(recorded: Array(token.recorded), actual: Array(token.actual)))
    }

    /// Notes that a recorded identifier which is still open has a value now; false where it is known to be another one.
    private mutating func keepToken(_ recorded: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer) -> Bool {
        // What the transport may give is bound where it is shown to be another, and may be a plain number elsewhere.
        if let awaited = correlation.awaited(recorded) {
            guard let note = note(correlation.key(recorded)), note.actual == awaited,
                !note.actual.elementsEqual(recorded), !recorded.allSatisfy(IdentifierTokens.isDigit)
            else { return true }
            conflict = Self.contradiction(note)
            return false
        }
        guard correlation.isOpen(recorded) else { return true }
        if !recorded.elementsEqual(actual), !IdentifierShape.isIdentifier(recorded) { return true }
        guard !putIn.contains(correlation.key(recorded)) else { return true }
        return stage(Found(recorded: Array(recorded), actual: Array(actual)))
    }

    /// Whether the pieces of a token that are known by themselves are what they are known to be.
    private func isConsistent(_ token: Counterparts) -> Bool {
        isConsistent(token.recorded, token.actual, IdentifierTokens.words) { word, other in
            if word.count < token.recorded.count, let known = known(word) { return known.elementsEqual(other) }
            return isConsistent(word, other, IdentifierTokens.pieces) { piece, other in
                piece.count == word.count || known(piece).map { $0.elementsEqual(other) } ?? true
            }
        }
    }

    /// What a recorded identifier is now, as far as this message or those before it tell.
    private func known(_ recorded: UnsafeRawBufferPointer) -> [UInt8]? {
        if let note = note(correlation.key(recorded)), !note.isWeak { return note.actual }
        return correlation.bound(recorded)
    }

    private func isConsistent(
        _ recorded: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer,
        _ parts: (UnsafeRawBufferPointer) -> [IdentifierTokens.Part],
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        let (ours, theirs) = (parts(recorded), parts(actual))
        guard ours.count == theirs.count else { return true }
        return zip(ours, theirs).allSatisfy {
            body(
                UnsafeRawBufferPointer(rebasing: recorded[$0.range]),
                UnsafeRawBufferPointer(rebasing: actual[$1.range]))
        }
    }

    /// Notes what an answer would bind; false where it is known to be otherwise.
    private mutating func stage(_ value: Found, isOwned: Bool = true) -> Bool {
        var value = value
        value.isWeak = isWeak
        let key = correlation.key(of: value)
        let previous = staged[key]
        if let known = note(key) {
            if known.actual == value.actual, !known.isWeak || isWeak { return true }
            if isWeak { return true }
            if !known.isWeak {
                conflict = Self.contradiction(known)
                return false
            }
        }
        value.place = place
        if isOwned, value.name == nil, !isWeak, let owner = correlation.ownerKey(of: value) {
            if let other = owners[owner] ?? correlation.owner(of: owner), other != key {
                conflict = Correlation.text(value.actual) + " stands for another one already"
                return false
            }
            if !isPlainQuestion { owners[owner] = key }
        }
        guard !isPlainQuestion else { return true }
        staged[key] = notes.count
        notes.append(value)
        undo.append((key, previous))
        return true
    }

    /// Takes back what was noted since there were so many.
    private mutating func forget(downTo count: Int) {
        while notes.count > count {
            let note = notes.removeLast()
            let (key, previous) = undo.removeLast()
            staged[key] = previous
            if let owner = correlation.ownerKey(of: note), owners[owner] == key { owners[owner] = nil }
        }
    }

    /// What is noted of a recorded value.
    private func note(_ key: UInt64) -> Found? { staged[key].map { notes[$0] } }

    private static func contradiction(_ note: Found) -> String {
        "\(Correlation.text(note.recorded)) is \(Correlation.text(note.actual)) elsewhere"
    }

    // MARK: Bytes

    /// Bytes inside of a message: text, an identifier as a whole, or bytes with identifiers in them.
    private mutating func tryBytes(
        _ recorded: UnsafeRawBufferPointer, _ expected: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer
    ) -> Bool {
        let texts = Counterparts(recorded: recorded, expected: expected, actual: actual)
        let areTexts = Self.isText(recorded) && Self.isText(expected) && Self.isText(actual)
        if areTexts, tryText(texts) { return true }
        if recorded.count <= IdentifierTokens.maximumWholeBytes, recorded.count == actual.count {
            let (one, other) = (Self.base64(recorded), Self.base64(actual))
            if correlation.isOpen(one) {
                guard BinaryIdentifiers.mayStand(Array(actual), for: Array(recorded)) else { return false }
                return stage(Found(recorded: one, actual: other))
            }
        }
        if texts.isAsExpected { return !areTexts || conflict == nil }
        return tryBinary(expected, actual)
    }

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
