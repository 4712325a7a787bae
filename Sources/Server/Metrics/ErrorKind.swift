internal import Codecs

/// What goes wrong with clients, as the metrics name it.
package enum ErrorKind: String, Sendable, CaseIterable {
    /// Bytes that are no frame.
    case framing
    /// A frame whose payload does not read.
    case payload
    /// The connection ended inside a message.
    case cut
    /// The connection was reset, or lost otherwise.
    case connection
    case tls
    /// The server behind a relay could not be reached.
    case upstream
}

extension MessageError {
    /// The limit that the message is over, if that is what is wrong.
    var limit: LimitKind? {
        switch layer {
        case .framing(.tooLong): .frame
        case .payload(.overLimit): .value
        case .framing, .payload: nil
        }
    }

    var kind: ErrorKind {
        switch layer {
        case .framing: .framing
        case .payload: .payload
        }
    }
}
