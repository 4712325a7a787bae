internal import Codecs
internal import Recorder

/// What differs from run to run by itself, and what it is this time.
///
/// Two kinds, both known without being told: what the transport gives (a client's port and address, the server's), and what
/// the server made up and clients send back (`RecordedIdentifiers`). A recorded value is *bound* to the present one: the
/// transport's when the connection stands, the server's own when it is first issued again. From then on it is replaced in
/// what is sent, and required in what is answered, in every session.
///
/// A server's port may be a round number that also stands for something else, so it, and addresses, are bound only when an
/// answer shows it: where the recorded answer holds the recorded one, and the present answer the present one.
struct Correlation {
    /// Bindings that are kept for the report, and identifiers that are bound.
    private static let maximumListed = 1_000
    private static let maximumBound = 1 << 20

    /// A bound value: what stood in the recording and what stands for it now.
    struct Bound: Sendable {
        var recorded: [UInt8]
        var actual: [UInt8]
        /// Its place in the list of bindings; negative where it is not listed.
        var listed: Int
        /// It was seen only where a rule lets anything differ, so that another place may tell better.
        var isWeak = false
    }

    let identifiers: RecordedIdentifiers
    /// What others have bound counts where nothing is bound here.
    var inherited: SharedCorrelation?
    private var bound: [UInt64: Bound] = [:]
    /// What the transport gives and no answer has shown yet.
    private var likely: [UInt64: (value: Bound, binding: ReplayBinding)] = [:]
    /// Each eight bytes of bound binary identifiers: which one, and where in it.
    private var windows: [UInt64: (key: UInt64, offset: Int)] = [:]
    /// Values that rules capture, by name, replaced where they stand as a whole.
    private var captured: [UInt64: Bound] = [:]
    private var bindings: [ReplayBinding] = []
    /// For present values of which each recorded one has its own: whose they are.
    private var owners: [UInt64: UInt64] = [:]

    init(identifiers: RecordedIdentifiers = .none) { self.identifiers = identifiers }

    /// What was bound, and changed something; in the order in which it was bound.
    var used: [ReplayBinding] {
        bindings.filter { $0.recorded != $0.actual && ($0.isShown || !$0.lines.isEmpty) }
    }

    /// Whether an answer may bind anything that is not bound yet.
    var mayBind: Bool { !identifiers.isEmpty || !likely.isEmpty }

    /// Whether a rule has captured anything.
    var hasCaptures: Bool { !captured.isEmpty }

    // MARK: Binding

    /// A session's client has another port and address now.
    mutating func bindClient(session: Int, recorded: String, actualHost: String?, actualPort: Int) {
        guard let address = Self.split(recorded) else { return }
        if (1...65_535).contains(address.port) {
            let binding = ReplayBinding(
                recorded: String(address.port), actual: String(actualPort), session: session, origin: .clientPort)
            bind(Array(binding.recorded.utf8), to: Array(binding.actual.utf8), binding)
        }
        if let actualHost { expect(address.host, actualHost, session, .clientHost) }
    }

    /// The server has another port and address now.
    mutating func bindServer(session: Int, recorded: String, actualHost: String, actualPort: Int) {
        guard let address = Self.split(recorded) else { return }
        if (1_000...65_535).contains(address.port) {
            expect(String(address.port), String(actualPort), session, .serverPort)
        }
        expect(address.host, actualHost, session, .serverHost)
    }

    /// Binds what one answer showed.
    mutating func bind(_ found: [IdentifierTrial.Found], session: Int, line: Int) {
        for value in found {
            let key = self.key(of: value)
            if value.isWeak, bound[key] != nil { continue }
            if let known = likely[key], known.value.actual == value.actual {
                likely[key] = nil
                var binding = known.binding
                binding.isShown = true
                bind(known.value.recorded, to: known.value.actual, binding)
                continue
            }
            guard bound.count < Self.maximumBound, captured.count < Self.maximumBound else { return }
            var binding = ReplayBinding(
                recorded: Self.text(value.recorded), actual: Self.text(value.actual), session: session,
                origin: value.name.map { .captured($0) } ?? .server)
            binding.line = line
            binding.isShown = true
            if value.name == nil, !value.isWeak, let owner = ownerKey(of: value) { owners[owner] = key }
            if value.isBinary {
                bindBinary(
                    Bound(
                        recorded: value.recorded, actual: value.actual, listed: list(binding), isWeak: value.isWeak))
            } else if value.name != nil {
                captured[key] = Bound(recorded: value.recorded, actual: value.actual, listed: list(binding))
            } else {
                bind(value.recorded, to: value.actual, binding, isWeak: value.isWeak)
            }
        }
    }

    private mutating func bind(
        _ recorded: [UInt8], to actual: [UInt8], _ binding: ReplayBinding, isWeak: Bool = false
    ) {
        let key = key(recorded)
        // What is known better now need not be listed as what it was taken for.
        if let before = bound[key], before.isWeak, bindings.indices.contains(before.listed) {
            bindings[before.listed] = binding
            bound[key] = Bound(recorded: recorded, actual: actual, listed: before.listed, isWeak: isWeak)
            return
        }
        bound[key] = Bound(recorded: recorded, actual: actual, listed: list(binding), isWeak: isWeak)
    }

    /// What stands for a present value that has one recorded value only: two tokens never become one, nor do two numbers
    /// under one name. Nil for times: two seconds of a clock may be one.
    func ownerKey(of value: IdentifierTrial.Found) -> UInt64? {
        if value.isBinary { return identifiers.key(binary: Self.window(value.actual)) }
        return value.actual.withUnsafeBytes { text in
            if IdentifierTokens.hasTime(text) { return nil }
            let key = identifiers.key(text)
            return text.allSatisfy(IdentifierTokens.isDigit) ? identifiers.key(key, in: value.place) : key
        }
    }

    private mutating func bindBinary(_ value: Bound) {
        value.recorded.withUnsafeBytes { bytes in
            let first = identifiers.key(binary: bytes.loadUnaligned(as: UInt64.self))
            bound[first] = value
            BinaryIdentifiers.windows(of: bytes) { offset, window in
                windows[identifiers.key(binary: window)] = (first, offset)
            }
        }
    }

    private mutating func expect(_ recorded: String, _ actual: String, _ session: Int, _ origin: ReplayBinding.Origin) {
        guard recorded != actual, !recorded.isEmpty, !recorded.hasPrefix("0.0.0.0") else { return }
        let recordedBytes = Array(recorded.utf8)
        let binding = ReplayBinding(recorded: recorded, actual: actual, session: session, origin: origin)
        guard bound[key(recordedBytes)] == nil else { return }
        likely[key(recordedBytes)] = (Bound(recorded: recordedBytes, actual: Array(actual.utf8), listed: -1), binding)
    }

    /// Keeps a binding for the report and gives its place there.
    private mutating func list(_ binding: ReplayBinding) -> Int {
        guard binding.recorded != binding.actual, bindings.count < Self.maximumListed else { return -1 }
        bindings.append(binding)
        return bindings.count - 1
    }

    // MARK: Looking up

    func key(_ text: [UInt8]) -> UInt64 { text.withUnsafeBytes { identifiers.key($0) } }

    func key(_ text: UnsafeRawBufferPointer) -> UInt64 { identifiers.key(text) }

    /// What stands for a found value: its text, or a binary one's first eight bytes.
    func key(of found: IdentifierTrial.Found) -> UInt64 {
        found.isBinary ? identifiers.key(binary: Self.window(found.recorded)) : key(found.recorded)
    }

    /// The recorded value that a present one stands for, if it is the only one.
    func owner(of actual: UInt64) -> UInt64? { owners[actual] }

    /// What is bound to a recorded value for good.
    func bound(_ recorded: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let found = find(recorded), !found.isWeak else { return nil }
        return found.actual
    }

    /// What the transport may give now where it gave this one.
    func awaited(_ recorded: UnsafeRawBufferPointer) -> [UInt8]? {
        guard !likely.isEmpty, let known = likely[identifiers.key(recorded)]?.value,
            known.recorded.elementsEqual(recorded)
        else { return nil }
        return known.actual
    }

    /// Whether the transport may give `actual` where it gave `recorded`.
    func isLikely(_ recorded: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer) -> Bool {
        awaited(recorded)?.elementsEqual(actual) == true
    }

    /// Whether a recorded identifier of the server is still to be bound.
    func isOpen(_ recorded: [UInt8]) -> Bool { recorded.withUnsafeBytes { isOpen($0) } }

    /// Whether a recorded identifier of the server is still to be bound.
    func isOpen(_ recorded: UnsafeRawBufferPointer) -> Bool {
        let key = identifiers.key(recorded)
        return identifiers.isReturned(key) && bound[key]?.isWeak != false
    }

    /// Whether eight bytes are part of a binary identifier that is still to be bound.
    func isOpen(binary window: UInt64) -> Bool {
        let key = identifiers.key(binary: window)
        guard identifiers.isReturned(key) else { return false }
        return windows[key].map { bound[$0.key]?.isWeak == true } ?? true
    }

    /// Whether a client's message holds an identifier of the server that is still to be bound.
    func awaitsIdentifiers(of message: RecordedMessage) -> Bool { openIdentifier(in: message) != nil }

    /// The first identifier of the server in a client's message of which no answer has shown yet what it is this time.
    func openIdentifier(in message: RecordedMessage) -> [UInt8]? {
        guard !identifiers.isEmpty, message.isDecoded else { return nil }
        var open: [UInt8]?
        if message.form == .base64 {
            guard let bytes = BinaryIdentifiers.bytes(ofForm: message.text) else { return nil }
            bytes.withUnsafeBytes { bytes in
                BinaryIdentifiers.windows(of: bytes) { offset, window in
                    if open == nil, isOpen(binary: window) { open = Array(bytes[offset..<offset + 8]) }
                }
            }
            return open
        }
        message.text.withUnsafeBytes { text in
            IdentifierTokens.visit(json: text) { candidate, _, _ in
                if open == nil, isOpen(candidate), find(candidate) == nil { open = Array(candidate) }
                return open != nil || find(candidate) != nil
            }
        }
        return open
    }

    /// What a captured value is now.
    func captured(_ recorded: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let found = captured[identifiers.key(recorded)], found.recorded.elementsEqual(recorded) else {
            return nil
        }
        return found.actual
    }

    private func find(_ recorded: UnsafeRawBufferPointer) -> Bound? {
        if let found = bound[identifiers.key(recorded)], found.recorded.elementsEqual(recorded) { return found }
        guard let inherited, var found = inherited.value.find(recorded) else { return nil }
        // It stands in another list.
        found.listed = -1
        return found
    }

    /// How many values are bound.
    var boundCount: Int { bound.count + windows.count }

    // MARK: Replacing

    /// The JSON text of a message with every bound value in it replaced; nil where none stands in it.
    ///
    /// - Parameter sentAt: the line of a message that a client sends, for the report.
    mutating func replaced(in text: [UInt8], sentAt line: Int?) -> [UInt8]? {
        guard !bound.isEmpty || !captured.isEmpty || inherited != nil else { return nil }
        var edits: [Edit] = []
        text.withUnsafeBytes { bytes in
            IdentifierTokens.visit(json: bytes) { candidate, range, level in
                guard let found = find(candidate) else { return false }
                return add(found, at: range, level, &edits)
            }
            if line != nil, !captured.isEmpty { addCaptured(bytes, &edits) }
        }
        return replace(edits, in: text, sentAt: line)
    }

    /// The form of a binary message with every bound value in it replaced; nil where none stands in it.
    mutating func replaced(inBinary text: [UInt8], sentAt line: Int?) -> [UInt8]? {
        guard !windows.isEmpty, let bytes = BinaryIdentifiers.bytes(ofForm: text) else { return nil }
        var edits: [Edit] = []
        bytes.withUnsafeBytes { bytes in
            var end = 0
            BinaryIdentifiers.windows(of: bytes) { offset, window in
                guard offset >= end, let place = windows[identifiers.key(binary: window)], let value = bound[place.key]
                else { return }
                var count = 0
                while offset + count < bytes.count, place.offset + count < value.recorded.count,
                    bytes[offset + count] == value.recorded[place.offset + count]
                {
                    count += 1
                }
                guard count >= BinaryIdentifiers.minimumBytes else { return }
                let part = place.offset..<place.offset + count
                let piece = Bound(
                    recorded: Array(value.recorded[part]), actual: Array(value.actual[part]), listed: value.listed)
                edits.append(Edit(range: offset..<offset + count, value: piece, text: piece.actual))
                end = offset + count
            }
        }
        return replace(edits, in: bytes, sentAt: line).map { BinaryIdentifiers.form(of: $0) }
    }

    /// A value that is put into a text, as it is written there.
    private struct Edit {
        var range: Range<Int>
        var value: Bound
        var text: [UInt8]
    }

    private mutating func replace(_ edits: [Edit], in text: [UInt8], sentAt line: Int?) -> [UInt8]? {
        guard !edits.isEmpty else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 8 * edits.count)
        var copied = 0
        for edit in edits {
            note(edit.value, sentAt: line)
            result.append(contentsOf: text[copied..<edit.range.lowerBound])
            result.append(contentsOf: edit.text)
            copied = edit.range.upperBound
        }
        result.append(contentsOf: text[copied...])
        return result
    }

    /// Puts a value where another stands, if it can stand there; false where it cannot.
    private func add(
        _ value: Bound, at range: Range<Int>, _ level: IdentifierTokens.Level, _ edits: inout [Edit]
    ) -> Bool {
        guard let text = Self.written(value, level) else { return false }
        edits.append(Edit(range: range, value: value, text: text))
        return true
    }

    /// A value as it stands in JSON; nil where it cannot stand in such a place: a number's takes a number only, one of bytes
    /// base64, and a string's nothing that might end a line, since what a server answers is not to write into what clients
    /// send.
    private static func written(_ value: Bound, _ level: IdentifierTokens.Level) -> [UInt8]? {
        switch level {
        case .number:
            let digits = value.actual.first == UInt8(ascii: "-") ? value.actual.dropFirst() : value.actual[...]
            let isNumber =
                digits.allSatisfy(IdentifierTokens.isDigit)
                && (digits.count == 1 || digits.first.map { $0 != 48 } == true)
            return isNumber ? value.actual : nil
        case .bytes:
            var decoded = ByteWriter()
            do throws(PayloadError) { try Base64.decode(value.actual.span.bytes, into: &decoded) } catch { return nil }
            return value.actual
        case .whole, .word, .piece:
            guard value.actual.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return nil }
            var output = ByteWriter(capacity: value.actual.count + 2)
            value.actual.withUnsafeBytes { JSONString.writeMinimal($0, into: &output) }
            return Array(output.array.dropFirst().dropLast())
        }
    }

    /// Values that rules captured may be small numbers and words: they are replaced where they are a whole value.
    private func addCaptured(_ text: UnsafeRawBufferPointer, _ edits: inout [Edit]) {
        var found: [Edit] = []
        var next = 0
        WholeValues.visit(json: text) { bytes, range in
            guard let value = captured[identifiers.key(bytes)], value.recorded.elementsEqual(bytes) else { return }
            // Both come in the order of the text.
            while next < edits.count, edits[next].range.upperBound <= range.lowerBound { next += 1 }
            guard next == edits.count || !edits[next].range.overlaps(range) else { return }
            let isString = range.lowerBound > 0 && text[range.lowerBound - 1] == UInt8(ascii: "\"")
            _ = add(value, at: range, isString ? .whole : .number, &found)
        }
        edits = (edits + found).sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private mutating func note(_ value: Bound, sentAt line: Int?) {
        guard bindings.indices.contains(value.listed) else { return }
        bindings[value.listed].isShown = true
        guard let line, line > 0, bindings[value.listed].lines.last != line else { return }
        if bindings[value.listed].lines.count < ReplayBinding.maximumLines { bindings[value.listed].lines.append(line) }
        bindings[value.listed].uses += 1
    }

    /// The same the other way round: what was recorded where a present value stands. One that stands for several recorded
    /// values stands for none.
    func reversed() -> Correlation {
        var reversed = Correlation(identifiers: identifiers)
        let binary = Set(windows.values.map(\.key))
        var counts: [[UInt8]: Int] = [:]
        let all = bound.merging(captured) { bound, _ in bound }
        for value in all.values { counts[value.actual, default: 0] += 1 }
        for (key, value) in all where counts[value.actual] == 1 {
            let back = Bound(recorded: value.actual, actual: value.recorded, listed: -1)
            if binary.contains(key) {
                reversed.bindBinary(back)
            } else {
                reversed.bound[self.key(back.recorded)] = back
            }
        }
        return reversed
    }

    // MARK: Texts

    private static func window(_ bytes: [UInt8]) -> UInt64 {
        bytes.count < 8 ? 0 : bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    /// A value as reports show it.
    static func text(_ bytes: [UInt8]) -> String {
        let isText = bytes.allSatisfy { $0 >= 32 && $0 < 127 }
        return isText ? String(decoding: bytes, as: UTF8.self) : TerminalText.bytes(bytes, limit: 32)
    }

    /// `HOST:PORT`, with brackets or without.
    static func split(_ address: String) -> (host: String, port: Int)? {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            return nil
        }
        let host = address[..<colon]
        let isBracketed = host.first == "[" && host.last == "]"
        return (String(isBracketed ? host.dropFirst().dropLast() : host), port)
    }
}

/// What several correlations have bound between them, the last one counting.
///
/// Confined to whoever holds those.
final class SharedCorrelation {
    var value = Correlation()
}
