import TestSupport
import Testing

@testable import Recorder

@Suite("The last bytes of a stream")
struct RecentBytesTests {
    private static func holds(_ recent: RecentBytes, _ bytes: some Collection<UInt8>, at offset: Int) -> Bool {
        Array(bytes).withUnsafeBytes { recent.holds($0, at: offset) }
    }

    @Test("are the last ones, however they came", arguments: [1, 2, 7, 64], 1...3 as ClosedRange<UInt64>)
    func random(limit: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var recent = RecentBytes()
        var all: [UInt8] = []
        for _ in 0..<400 {
            let bytes = (0..<Int.random(in: 0...limit + 2, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { recent.append($0, limit: limit) }
            all += bytes
            let last = Array(all.suffix(limit))
            #expect(recent.count == last.count)
            #expect(Self.holds(recent, last, at: 0))
            let from = Int.random(in: 0...last.count, using: &random)
            let to = Int.random(in: from...last.count, using: &random)
            #expect(Self.holds(recent, last[from..<to], at: from))
            guard from < to else { continue }
            var other = Array(last[from..<to])
            other[Int.random(in: 0..<other.count, using: &random)] ^= 1
            #expect(!Self.holds(recent, other, at: from))
        }
    }

    @Test("are none behind bytes that are missing") func missing() {
        var recent = RecentBytes()
        ([1, 2, 3] as [UInt8]).withUnsafeBytes { recent.append($0, limit: 16) }
        recent.removeAll()
        #expect(recent.isEmpty && recent.count == 0)
        #expect(Self.holds(recent, [], at: 0))
    }
}
