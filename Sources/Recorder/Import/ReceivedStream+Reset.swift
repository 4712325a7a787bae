/// Resets: which of them the receiver takes, as far as a capture tells.
extension ReceivedStream {
    /// What becomes of a reset.
    enum ResetFate {
        case taken
        /// It is the end, if its side says nothing more.
        case waits
        case ignored
    }

    /// What the receiver does with a reset: it takes the one with the very number that it asks for (RFC 5961, 3.2). What bytes it has that
    /// the capture lacks is not known; so one with a later number may be that.
    mutating func takeReset(_ sequence: UInt32, _ limits: ReassemblyLimits) -> ResetFate {
        guard isStarted else { return .taken }
        let position = position(of: sequence)
        let end = finPosition.map { $0 + 1 }
        if position == nextPosition || position == furthest || position == end { return .taken }
        if position == acknowledged, position > nextPosition { return .taken }
        let edge = windowEdge ?? nextPosition + limits.distance
        guard position > nextPosition, position <= edge, finPosition == nil, position > furthest else {
            return .ignored
        }
        resetPosition = position
        return .waits
    }

    /// Whether a reset may be the side's last word.
    var hasResetWaiting: Bool { resetPosition != nil }

    /// The side has said something more, so that it was none.
    mutating func dropReset() { resetPosition = nil }
}
