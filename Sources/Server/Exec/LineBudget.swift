internal import NIOCore

/// How many lines of a child are shown: what is over so many in a second is counted, and summed up later.
struct LineBudget {
    static let linesPerSecond = 100

    private var second = NIODeadline.uptimeNanoseconds(0)
    private var shown = 0
    /// Lines that were not shown since the last that was.
    private(set) var leftOut = 0

    /// Whether a line may be shown now.
    mutating func take(at now: NIODeadline) -> Bool {
        if now - second >= .seconds(1) {
            second = now
            shown = 0
        }
        guard shown < Self.linesPerSecond else {
            leftOut += 1
            return false
        }
        shown += 1
        return true
    }

    /// How many lines were left out, once.
    mutating func takeLeftOut() -> Int {
        defer { leftOut = 0 }
        return leftOut
    }
}
