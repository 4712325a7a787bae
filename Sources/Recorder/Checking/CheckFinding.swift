/// One thing that is wrong with a recording: where, what, and what to do about it.
package struct CheckFinding: Sendable, Hashable {
    /// What sort of thing it is; the word stands in the JSON that `check` prints.
    package enum Kind: String, Sendable, CaseIterable {
        /// The last line was never finished.
        case torn
        /// A line is no event, or the compressed file is damaged.
        case damaged
        /// Another program has changed how the text is stored: a byte order mark, CR LF.
        case encoding
        /// A header: its ports, codecs, rules.
        case header
        /// A part of the file was written by a newer tapedeck.
        case version
        /// A key that is unknown, stands twice or is missing.
        case key
        /// An event of a kind that is not known.
        case event
        /// The time goes back.
        case time
        /// A session that was not opened, was opened twice, goes on behind its close.
        case session
        /// What a message says cannot be written in its codec.
        case message
        /// A message's `raw` says something else than its readable form.
        case raw
        /// The end is missing, stands too early, or counts wrong.
        case end
        /// Something looks like a secret that was left in; looked for where that is asked for.
        case secret
    }

    package var kind: Kind
    /// The line, from 1; 0 where it concerns the whole file.
    package var line: Int
    /// A sentence part.
    package var what: String
    /// What a person can do; a sentence part.
    package var advice: String
    /// What a repair does about it; nil where only a person can decide.
    var mend: RecordingMend?

    init(_ kind: Kind, line: Int, _ what: String, advice: String, mend: RecordingMend? = nil) {
        self.kind = kind
        self.line = line
        self.what = what
        self.advice = advice
        self.mend = mend
    }

    /// What a repair does about it, as a sentence part; nil where only a person can decide.
    package var mending: String? { mend?.description }
}

extension CheckFinding {
    /// The advice where a repair does it all.
    static let repairable = "tapedeck check --repair mends it"
}

/// What a repair does to a line, or before it.
enum RecordingMend: Sendable, Hashable {
    /// A gap takes the place of a line, or of its bytes that are there.
    case takeOut(bytes: Int, why: String)
    /// A gap says, before the line, that something of this session is missing.
    case addGap(session: Int, why: String)
    /// The line's `t` becomes this.
    case setTime(Int64)
    /// The counts of an `end` become these.
    case setCounts(RecordingCounts)
    /// An `end` that does not stand at the end gives way to a gap.
    case takeOutEnd
    /// A gap, unless one stands there, and an `end` are written before the line, or behind it where it is the last one.
    case end(RecordingCounts, isBehind: Bool)
    /// The torn last line goes; a gap takes its place, and an `end`, unless one stands there.
    case cutTail(bytes: Int, RecordingCounts?)
    /// The last line, which is whole, gets its LF.
    case completeLine
    case dropByteOrderMark
    case dropReturns
    /// The header is written anew, from what of it can be read, and a gap behind it.
    case setHeader(RecordingHeader)

    /// What it does, as a sentence part.
    var description: String {
        switch self {
        case .takeOut, .takeOutEnd: "a gap takes its place"
        case .addGap: "a gap is put before it"
        case .setTime: "it gets the time of the line before"
        case .setCounts(let counts): "it becomes \(counts)"
        case .end(_, let isBehind): "a gap and an end are written \(isBehind ? "behind it" : "before it")"
        case .cutTail(_, let counts): counts == nil ? "it is cut off" : "it is cut off; a gap and an end take its place"
        case .completeLine: "it gets its LF"
        case .dropByteOrderMark: "it is taken away"
        case .dropReturns: "they become LF"
        case .setHeader(let header):
            header.ports.isEmpty
                ? "a header without ports takes its place" : "it is written anew with the ports that can be read"
        }
    }
}
