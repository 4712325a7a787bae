internal import Glibc

/// The clock of packets: nanoseconds since 1970 that never go back.
package enum CaptureClock {
    /// What lies between the machine's two clocks when it is first asked.
    private static let offset = read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC)

    /// The present time.
    package static func now() -> Int64 { offset + read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
