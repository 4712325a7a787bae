/// Times as reports write them.
enum ReportTime {
    /// Seconds with a fixed number of decimals, from 0 to 6: `1.204`.
    static func seconds(_ microseconds: Int64, decimals: Int = 3) -> String {
        let unit = (0..<(6 - decimals)).reduce(Int64(1)) { unit, _ in unit * 10 }
        let (rounded, overflow) = max(microseconds, 0).addingReportingOverflow(unit / 2)
        let parts = (overflow ? Int64.max : rounded) / unit
        let perSecond = 1_000_000 / unit
        let fraction = String(parts % perSecond)
        guard decimals > 0 else { return String(parts) }
        return "\(parts / perSecond)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// Microseconds of seconds; nil where that is no time.
    static func microseconds(_ seconds: Double) -> Int64? {
        guard seconds >= 0, seconds < 1e11 else { return nil }
        return Int64((seconds * 1_000_000).rounded())
    }
}
