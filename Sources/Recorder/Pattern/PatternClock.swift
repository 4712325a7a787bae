internal import Glibc

extension Pattern {
    /// How long patterns may still work: so much to begin with, and more with every byte that they look at. Whoever applies
    /// patterns to many texts keeps one, so that slow searches do not add up.
    package struct Allowance: Sendable {
        /// What is left, in nanoseconds of the processor's time: a busy machine changes no verdict.
        package var nanoseconds: Int64

        /// - Parameter seconds: what there is to begin with.
        package init(seconds: Double = 2) { nanoseconds = Int64(min(max(seconds, 0), 1e6) * 1e9) }
    }
}

/// Counts the time of a search. It is asked at every step of a match, and looks at the clock now and then.
final class PatternClock {
    /// What each byte adds: a pattern may look at a mebibyte for a second.
    private static let nanosecondsPerByte: Int64 = 1_000
    private static let maximumNanoseconds: Int64 = 3_600_000_000_000
    /// Steps between two looks: a step may search a long stretch of text, but none is longer than a count in a pattern can
    /// be, 65,535.
    private static let stepsPerLook = 512

    private let end: Int64
    private var stepsToLook = PatternClock.stepsPerLook
    private var isOver: Bool

    init(_ allowance: inout Pattern.Allowance, bytes: Int) {
        let added = Int64(min(bytes, 1 << 30)) * Self.nanosecondsPerByte
        let budget = min(allowance.nanoseconds + added, Self.maximumNanoseconds)
        end = Self.now() + budget
        isOver = budget <= 0
    }

    /// What is left.
    var left: Int64 { max(end - Self.now(), 0) }

    /// Takes note of a step; false where the time is over.
    func tick() -> Bool {
        stepsToLook -= 1
        if stepsToLook <= 0 {
            stepsToLook = Self.stepsPerLook
            isOver = isOver || Self.now() > end
        }
        return !isOver
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
