/// How long things took, kept in little memory whatever their number: times that differ by less than one part in 128 are one.
///
/// This is the idea of HdrHistogram, with what few statistics need of it: a bucket's number is the place of the highest bit
/// and the seven bits behind it, and only buckets that have something are kept.
package struct LatencyHistogram: Sendable, Hashable {
    /// Bits of a time that tell it from another.
    private static let precisionBits = 7

    private var counts: [Int: Int] = [:]
    package private(set) var count = 0
    /// The longest, as it was.
    package private(set) var maximum: Int64 = 0

    package init() {}

    /// Adds a time in microseconds; one below 0 is 0.
    package mutating func add(_ microseconds: Int64) {
        let time = max(microseconds, 0)
        counts[Self.bucket(of: time), default: 0] += 1
        count += 1
        maximum = max(maximum, time)
    }

    /// Adds all times of another.
    package mutating func add(_ other: LatencyHistogram) {
        counts.merge(other.counts) { $0 + $1 }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The time that so many percent did not exceed, for each of those percentages, which rise; nil where there is none.
    ///
    /// The time is the longest of its bucket: no percentile is told better than it was.
    package func percentiles(_ percentages: [Double]) -> [Int64]? {
        guard count > 0 else { return nil }
        let buckets = counts.sorted { $0.key < $1.key }
        var found: [Int64] = []
        var index = 0
        var sum = buckets[0].value
        for percentage in percentages {
            let rank = min(max(Int((percentage / 100 * Double(count)).rounded(.up)), 1), count)
            while sum < rank, index + 1 < buckets.count {
                index += 1
                sum += buckets[index].value
            }
            found.append(min(Self.longest(in: buckets[index].key), maximum))
        }
        return found
    }

    /// Times below 256 have a bucket each; above, 128 buckets share the times of one highest bit.
    static func bucket(of time: Int64) -> Int {
        let highest = Int64.bitWidth - 1 - max(time, 1).leadingZeroBitCount
        let shift = max(highest - precisionBits, 0)
        return shift << precisionBits + Int(time >> Int64(shift))
    }

    /// The longest time of a bucket.
    static func longest(in bucket: Int) -> Int64 {
        guard bucket >= 2 << precisionBits else { return Int64(bucket) }
        let shift = bucket >> precisionBits - 1
        let front = Int64(bucket - shift << precisionBits)
        return front << Int64(shift) + (1 << Int64(shift) - 1)
    }
}
