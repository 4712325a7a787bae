/// How what clients send is cut into pieces, each of which the server is to read on its own.
package enum Segmentation: Sendable, Hashable, CustomStringConvertible {
    /// Each message is a piece.
    case whole
    /// A byte is a piece, in the first 1,000 bytes of a message; then pieces double. Beyond 20,000 pieces of a recording
    /// messages are cut behind their first byte and before their last only, so that a long recording takes its time and not a day.
    case bytes
    /// Messages that follow each other in a session are one piece, also one message with the next behind its answer.
    case coalesce
    /// Cuts and joins at random places, the same for the same seed.
    case random(seed: UInt64)
    /// Each message is a piece, apart from these places.
    case only([SegmentPoint])

    /// As it is given on the command line.
    package var description: String {
        switch self {
        case .whole: "whole"
        case .bytes: "bytes"
        case .coalesce: "coalesce"
        case .random(let seed): "random:\(seed)"
        case .only: "chosen places"
        }
    }
}

/// One place where a client's bytes are cut, or joined although they were sent apart.
package struct SegmentPoint: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A piece ends behind so many bytes of the message.
        case cut(after: Int)
        /// The message goes out in one piece with the one before it.
        case join
    }

    package var place: Place
    /// The session, and which of its client's messages it is, from 1.
    package var session: Int
    package var message: Int
    /// The recording's line.
    package var line: Int

    package init(_ place: Place, session: Int, message: Int, line: Int) {
        self.place = place
        self.session = session
        self.message = message
        self.line = line
    }

    /// `message 2 of session 1 (line 7), cut after byte 1`.
    package var text: String {
        let message = "message \(message) of session \(session) (line \(line))"
        switch place {
        case .cut(let count): return "\(message), cut after byte \(count)"
        case .join: return "\(message), in one read with the one before it"
        }
    }
}
