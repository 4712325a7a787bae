import TestSupport
import Testing

@testable import Recorder

@Suite("A histogram of times") struct LatencyHistogramTests {
    @Test(
        "has buckets that follow one another without a hole",
        arguments: [0, 1, 127, 128, 255, 256, 257, 511, 512, 1 << 20])
    func buckets(time: Int64) {
        let bucket = LatencyHistogram.bucket(of: time)
        #expect(LatencyHistogram.longest(in: bucket) >= time)
        #expect(LatencyHistogram.bucket(of: LatencyHistogram.longest(in: bucket)) == bucket)
        #expect(LatencyHistogram.bucket(of: LatencyHistogram.longest(in: bucket) + 1) == bucket + 1)
        // One part in 128.
        #expect((LatencyHistogram.longest(in: bucket) - time) * 128 <= time)
    }

    @Test("gives the percentiles of the times that it was given, at most one part in 128 longer")
    func percentiles() throws {
        var generator = SeededGenerator(seed: 7)
        var times = (0..<10_000).map { _ in Int64.random(in: 0...(1 << Int64.random(in: 0...40)), using: &generator) }
        var histogram = LatencyHistogram()
        for time in times { histogram.add(time) }
        times.sort()
        let percentages = [0.0, 1, 50, 90, 99, 99.9, 100]
        let found = try #require(histogram.percentiles(percentages))
        for (percentage, time) in zip(percentages, found) {
            // The nearest rank.
            let exact = times[max(Int((percentage / 100 * Double(times.count)).rounded(.up)), 1) - 1]
            #expect(exact <= time && (time - exact) * 128 <= exact, "\(percentage): \(exact), \(time)")
        }
        #expect(found.last == times.last && histogram.maximum == times.last)
    }

    @Test("gives none without times, and takes extreme ones")
    func extremes() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentiles([50]) == nil)
        histogram.add(-5)
        #expect(histogram.percentiles([50, 100]) == [0, 0])
        histogram.add(.max)
        #expect(histogram.percentiles([50, 100]) == [0, .max])
    }

    @Test("takes in another as if each of its times was added")
    func adding() {
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        var both = LatencyHistogram()
        for time in [Int64(3), 900, 70_000] {
            first.add(time)
            both.add(time)
        }
        for time in [Int64(3), 1 << 30] {
            second.add(time)
            both.add(time)
        }
        first.add(second)
        #expect(first == both)
    }
}
