/// How long an unfinished message has been on its way, in ticks of the loop's limits.
///
/// More of its bytes give it no more time. While its client is not read the clock stands still, since what could not be sent
/// then is not late; it goes on from there afterwards, so that a client gains nothing by making that happen again and again.
struct FrameClock {
    private var beginning = 0
    private var pausedAt: Int?

    /// A message begins.
    mutating func begin(at tick: Int) {
        beginning = tick
        if pausedAt != nil { pausedAt = tick }
    }

    /// The client is not read from here on.
    mutating func pause(at tick: Int) { pausedAt = pausedAt ?? tick }

    /// The client is read again.
    mutating func goOn(at tick: Int) {
        guard let pausedAt else { return }
        beginning += tick - pausedAt
        self.pausedAt = nil
    }

    /// The ticks since the message began in which its client was read.
    func age(at tick: Int) -> Int { (pausedAt ?? tick) - beginning }
}
