internal import Glibc

/// The clocks of a recording.
package enum RecordingClock {
    /// Microseconds of the machine's monotonic clock.
    package static let monotonic: @Sendable () -> Int64 = {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }

    /// Nanoseconds of that clock: how long a thing takes.
    static func nanoseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec
    }

    /// The present time in UTC as a header has it: `2026-11-22T10:00:00.000000Z`.
    package static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return timestamp(ofMicroseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)
    }

    /// A time in microseconds since 1970, as a header has it.
    package static func timestamp(ofMicroseconds time: Int64) -> String {
        var (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000)
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + 1_000_000) }
        var whole = time_t(seconds)
        var parts = tm()
        gmtime_r(&whole, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(fraction, 6))Z"
    }
}

extension RecordingClock {
    /// Nanoseconds since 1970 of a time as a header has it; nil where it is none.
    package static func nanoseconds(ofTimestamp text: String) -> Int64? {
        let separators = [4: "-", 7: "-", 10: "T", 13: ":", 16: ":"]
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        var numbers = [0]
        for (index, byte) in bytes[..<19].enumerated() {
            if let separator = separators[index] {
                guard separator.utf8.first == byte else { return nil }
                numbers.append(0)
            } else {
                guard byte &- 48 < 10 else { return nil }
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte - 48)
            }
        }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (
            Int32(numbers[0]) - 1900, Int32(numbers[1]) - 1, Int32(numbers[2])
        )
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(numbers[3]), Int32(numbers[4]), Int32(numbers[5]))
        let (seconds, overflow) = Int64(timegm(&parts)).multipliedReportingOverflow(by: 1_000_000_000)
        let fraction = bytes[19..<bytes.count - 1]
        guard !overflow, fraction.isEmpty || fraction.first == UInt8(ascii: "."),
            fraction.dropFirst().allSatisfy({ $0 &- 48 < 10 })
        else { return nil }
        var nanoseconds: Int64 = 0
        for index in 1...9 {
            let digit = index < fraction.count ? fraction[19 + index] - 48 : 0
            nanoseconds = nanoseconds * 10 + Int64(digit)
        }
        return seconds + nanoseconds
    }
}
