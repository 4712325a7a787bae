internal import NIOCore
internal import Recorder

/// Time as an event loop's limits count it: in ticks, so that a message costs no look at the clock.
///
/// At each tick all connections are looked at. A limit of so many ticks is never met too early, and at most a sixteenth of
/// it (of a limit over 16 seconds, a second) too late.
struct LoopTicks {
    /// How long a tick lasts.
    let interval: TimeAmount
    /// Ticks without anything that passes; nil: any number.
    let idle: Int?
    /// The same for relays.
    let relayIdle: Int?
    /// Ticks that a message may take.
    let frame: Int?
    /// Ticks after which a client that takes no answers is told of.
    let slowReader: Int

    init(_ limits: ConnectionLimits) {
        let times = [limits.idleTime, limits.relayIdleTime, limits.frameTime].compactMap { $0 }
        let shortest = times.min().map { TimeAmount($0).nanoseconds / 16 } ?? .max
        let interval = max(min(shortest, 1_000_000_000), 10_000_000)
        self.interval = .nanoseconds(interval)
        // The tick that is under way does not count.
        func ticks(_ time: Duration) -> Int { Int((TimeAmount(time).nanoseconds + interval - 1) / interval) + 1 }
        idle = limits.idleTime.map(ticks)
        relayIdle = limits.relayIdleTime.map(ticks)
        frame = limits.frameTime.map(ticks)
        slowReader = min(ticks(.seconds(5)), idle.map { max($0 / 2, 1) } ?? .max)
    }
}

extension Duration {
    /// As a sentence says it: `2 seconds`, `500 milliseconds`, `1 hour`.
    package var phrase: String {
        let milliseconds = Int(components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000)
        for (unit, name) in [(3_600_000, "hour"), (60_000, "minute"), (1_000, "second")]
        where milliseconds >= unit && milliseconds % unit == 0 {
            return (milliseconds / unit).counting(name)
        }
        return milliseconds.counting("millisecond")
    }
}
