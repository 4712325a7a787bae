internal import Glibc
internal import NIOCore
internal import Recorder

// How the end of a connection is told of.
extension SessionClosing {
    /// A connection that the system ended.
    init(lostConnection error: any Error, side: Side) {
        switch (error as? IOError)?.errnoCode {
        case ECONNRESET, EPIPE: self.init(.reset, by: side)
        case ETIMEDOUT: self.init(.timeout, by: side, reason: "the connection timed out")
        case let number?: self.init(.error, by: side, reason: systemMessage(number))
        case nil: self.init(.error, by: side, reason: "\(error)")
        }
    }
}

extension SessionClosing {
    /// Says that bytes which are recorded as sent to a side never left.
    mutating func tellOfUnsent(_ count: Int, to side: Side) {
        guard count > 0 else { return }
        let unsent = "\(count.counting("byte")) for the \(side.rawValue) were not sent"
        reason = reason.map { "\($0); \(unsent)" } ?? unsent
    }
}
