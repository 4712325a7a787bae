/// How long a child that has ended stays away before it is started again: longer each time it ends soon.
struct RestartPause {
    static let shortest = Duration.milliseconds(100)
    static let longest = Duration.seconds(10)

    private var next = Self.shortest

    /// The pause before the next start. A child that ran for the longest pause has shown that it can.
    mutating func take(afterRunning time: Duration) -> Duration {
        if time >= Self.longest { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
