import TestSupport
import Testing

@testable import Replay

@Suite("Shards")
struct ShardTests {
    /// Recordings of very different lengths, most of them short.
    private static func items(_ count: Int, seed: UInt64) -> [Shard.Item] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            let length = Double.random(in: 0...1, using: &generator)
            return Shard.Item(name: "captures/\(number).tape.jsonl", duration: Int64(length * length * length * 6e7))
        }
    }

    private static func shards(_ items: [Shard.Item], of count: Int) throws -> [[Int]] {
        try (1...count).map { number in try #require(Shard(number, of: count)).picks(items) }
    }

    @Test("every recording is in one shard, and in no other", arguments: [1, 2, 3, 7, 40])
    func whole(count: Int) throws {
        for seed in 0..<20 as Range<UInt64> {
            let items = Self.items(Int(seed) * 3, seed: seed)
            let shards = try Self.shards(items, of: count)
            #expect(shards.joined().sorted() == Array(items.indices))
            #expect(shards.allSatisfy { $0 == $0.sorted() })
        }
    }

    @Test("none lasts more than a fifth longer than its share, unless one recording alone does", arguments: [2, 4, 8])
    func balance(count: Int) throws {
        for seed in 0..<50 as Range<UInt64> {
            let items = Self.items(60, seed: seed)
            let weights = items.map { $0.duration + 100_000 }
            let share = max(weights.reduce(0, +) / Int64(count), weights.max() ?? 0)
            for shard in try Self.shards(items, of: count) {
                let load = shard.reduce(0) { $0 + weights[$1] }
                #expect(Double(load) <= 1.22 * Double(share), "seed \(seed)")
            }
        }
    }

    @Test("one recording more or less leaves nearly all others where they are", arguments: [2, 4, 8])
    func stability(count: Int) throws {
        var moved = 0
        var all = 0
        for seed in 0..<50 as Range<UInt64> {
            let items = Self.items(100, seed: seed)
            let shards = try Self.shards(items, of: count)
            let fewer = Array(items.dropFirst())
            let others = try Self.shards(fewer, of: count)
            for (shard, other) in zip(shards, others) {
                moved += Set(shard).subtracting(other.map { $0 + 1 }).subtracting([0]).count
            }
            all += fewer.count
        }
        // A twentieth at most; dealt out in turn it would be most of them.
        #expect(moved * 20 < all, "\(moved) of \(all)")
    }

    @Test("do not depend on the order in which recordings are named, nor on the process")
    func agreement() throws {
        let items = Self.items(30, seed: 5)
        let shard = try #require(Shard(2, of: 3))
        let names = Set(shard.picks(items).map { items[$0].name })
        let reversed = Array(items.reversed())
        #expect(Set(shard.picks(reversed).map { reversed[$0].name }) == names)
        // As another process found it.
        let few = (1...8).map { Shard.Item(name: "\($0)", duration: Int64($0) * 1_000_000) }
        let found = try Self.shards(few, of: 2)
        #expect(found == [[0, 3, 6, 7], [1, 2, 4, 5]])
    }

    @Test("durations beyond measure do no harm")
    func extremes() throws {
        let items = [Int64.max, .max, .min, 0, -1].enumerated().map { Shard.Item(name: "\($0)", duration: $1) }
        #expect(try Self.shards(items, of: 2).joined().sorted() == [0, 1, 2, 3, 4])
        #expect(Shard(0, of: 1) == nil && Shard(2, of: 1) == nil && Shard(1, of: 1_001) == nil)
        #expect(Shard(1_000, of: 1_000) != nil)
    }
}
