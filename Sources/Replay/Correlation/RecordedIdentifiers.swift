internal import Codecs
package import Recorder

/// Which of a recording's identifiers the server made up and clients sent back: those may be others when it is replayed. Or
/// the other way round, for a mock: which the clients made up and the server gave back.
///
/// Found by reading the recording once before it is replayed, since a value must be known for an identifier when the server
/// issues it, before a client has sent it. Only hashes are kept (seeded, so that nobody can choose them), within a bound:
/// what a very large recording issues beyond it is compared as it stands. So reading takes 56 MB at most, and what is kept
/// of it 16 MB.
package struct RecordedIdentifiers: Sendable {
    /// Identifiers of each sort that are remembered, at most.
    private static let maximumCount = 1 << 20
    /// Bytes at the start of a binary message that are looked at.
    private static let maximumBinaryBytes = 16 << 10

    /// No recording, so no identifiers.
    package static let none = RecordedIdentifiers()

    /// Once the recording has been read, only those that are returned.
    private var marks = IdentifierMarks()
    private let hash = ContentHash()
    /// The side that makes them up.
    private let issuer: Side

    package init() { issuer = .server }

    /// Reads a recording. Where it is damaged, what stands before that is known: replaying it will tell of the damage.
    ///
    /// - Parameter issuer: the side that makes them up.
    package init(
        readingRecordingAt path: String, issuedBy issuer: Side = .server, isInterrupted: () -> Bool = { false }
    ) {
        self.issuer = issuer
        do throws(RecordingError) {
            let reader = try RecordingReader(path: path)
            while !isInterrupted(), let event = try reader.next() {
                if case .message(let message) = event.kind { note(message) }
            }
        } catch {}
        marks = marks.having(.returned)
    }

    /// Those that either side made up and the other one gave back.
    init(ofBothSidesInRecordingAt path: String) {
        self.init(readingRecordingAt: path)
        marks.formUnion(RecordedIdentifiers(readingRecordingAt: path, issuedBy: .client).marks)
    }

    /// Whether no value of the recording is known to come back.
    var isEmpty: Bool { marks.isEmpty }

    /// Whether the server issued this and a client sent it later.
    func isReturned(_ key: UInt64) -> Bool { marks[key].contains(.returned) }

    /// What stands for an identifier's bytes.
    func key(_ text: UnsafeRawBufferPointer) -> UInt64 { hash.hash(text) }

    /// What stands for an identifier in a place.
    func key(_ key: UInt64, in place: UInt64) -> UInt64 { hash.hash(key, place) }

    /// What stands for eight bytes of a binary message, apart from texts.
    func key(binary window: UInt64) -> UInt64 { hash.hash(window, 0x6269_6E61_7279) }

    // MARK: Reading

    private mutating func note(_ message: RecordedMessage) {
        guard message.isDecoded else { return }
        if message.form == .base64 {
            guard let bytes = BinaryIdentifiers.bytes(ofForm: message.text) else { return }
            return bytes.prefix(Self.maximumBinaryBytes).withUnsafeBytes { noteBinary($0, from: message.from) }
        }
        // Up to where a known identifier of the client's goes: what is part of it is none of its own.
        var known = 0
        message.text.withUnsafeBytes { text in
            IdentifierTokens.visit(json: text) { candidate, range, level in
                let isIdentifier =
                    level == .bytes
                    ? IdentifierShape.isIdentifier(base64: candidate) : IdentifierShape.isIdentifier(candidate)
                guard isIdentifier else { return false }
                if message.from == issuer {
                    noteIssued(key(candidate), level)
                } else {
                    if noteSent(key(candidate), isPart: range.upperBound <= known) {
                        known = max(known, range.upperBound)
                    }
                }
                return false
            }
        }
    }

    private mutating func noteIssued(_ key: UInt64, _ level: IdentifierTokens.Level) {
        guard hasRoom(.issued), hasRoom(.issuedInside) else { return }
        guard !marks[key].contains(.sentFirst) else { return }
        // The digits of `1795397112-0` are no identifier of their own as long as clients send back the whole.
        marks.mark(key, level == .piece ? .issuedInside : .issued)
    }

    /// Whether the server issued it before. Part of a known identifier is one only if it was issued by itself as well.
    private mutating func noteSent(_ key: UInt64, isPart: Bool) -> Bool {
        let known = marks[key]
        if known.contains(.issued) || !isPart && known.contains(.issuedInside) {
            if hasRoom(.returned) { marks.mark(key, .returned) }
            return true
        }
        if !isPart, hasRoom(.sentFirst) { marks.mark(key, .sentFirst) }
        return false
    }

    private func hasRoom(_ mark: IdentifierMarks.Mark) -> Bool { marks.count(of: mark) < Self.maximumCount }

    private mutating func noteBinary(_ bytes: UnsafeRawBufferPointer, from side: Side) {
        BinaryIdentifiers.windows(of: bytes) { _, window in
            if side == issuer {
                noteIssued(key(binary: window), .whole)
            } else {
                _ = noteSent(key(binary: window), isPart: false)
            }
        }
    }
}
