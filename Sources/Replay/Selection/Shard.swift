/// One of several parts of a set of recordings, each replayed on a machine of its own.
///
/// Nobody deals the recordings out: each machine works out all shards from the same set, and takes its own. Two things are
/// wanted at once, shards that take about as long as each other, and a recording that stays in its shard while others come
/// and go. So each recording has an order of preference over the shards, made of nothing but its name (rendezvous
/// hashing), and goes to the first that has room. The longest ones choose first. A shard has room for a tenth more than
/// its share, rounded up to a power of 1.1, so that one recording more does not change the room of all.
package struct Shard: Sendable, Hashable, CustomStringConvertible {
    /// Which one, from 1.
    package let number: Int
    /// Of how many.
    package let count: Int

    package static let maximumCount = 1_000

    /// Nil where there is no such shard.
    package init?(_ number: Int, of count: Int) {
        guard (1...Self.maximumCount).contains(count), (1...count).contains(number) else { return nil }
        self.number = number
        self.count = count
    }

    package var description: String { "\(number)/\(count)" }

    /// A recording that is to go to a shard.
    package struct Item: Sendable {
        /// Its name, the same on every machine.
        package var name: String
        /// How long it lasts, in microseconds.
        package var duration: Int64

        package init(name: String, duration: Int64) {
            self.name = name
            self.duration = duration
        }

        /// What it counts: starting a server and listening for extra messages take their time for the shortest one.
        fileprivate var weight: Int64 { 100_000 + min(max(duration, 0), 1 << 42) }
    }

    /// Which of the items are this shard's, in their order.
    package func picks(_ items: [Item]) -> [Int] {
        let shards = Self.shards(items, count: count)
        return items.indices.filter { shards[$0] == number - 1 }
    }

    /// The shard of each item, from 0.
    private static func shards(_ items: [Item], count: Int) -> [Int] {
        let total = items.reduce(Int64(0)) { $0 + $1.weight }
        let longest = items.map(\.weight).max() ?? 0
        let room = room(atLeast: max(total / Int64(count) / 10 * 11, longest))
        var loads = [Int64](repeating: 0, count: count)
        var result = [Int](repeating: 0, count: items.count)
        let order = items.indices.sorted { left, right in
            let (one, other) = (items[left], items[right])
            if one.weight != other.weight { return one.weight > other.weight }
            return one.name == other.name ? left < right : one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
        }
        for index in order {
            let (name, weight) = (hash(items[index].name), items[index].weight)
            let roomy = loads.indices.filter { loads[$0] + weight <= room }
            let shard =
                roomy.max { rank(name, $0) < rank(name, $1) } ?? loads.indices.min { loads[$0] < loads[$1] } ?? 0
            loads[shard] += weight
            result[index] = shard
        }
        return result
    }

    /// The first power of 1.1 that is no less; in whole numbers, so that all machines agree.
    private static func room(atLeast weight: Int64) -> Int64 {
        var step: Int64 = 100_000
        while step < weight { step += step / 10 }
        return step
    }

    private static func rank(_ name: UInt64, _ shard: Int) -> UInt64 {
        mixed(name ^ mixed(UInt64(shard) &+ 0x9E37_79B9_7F4A_7C15))
    }

    /// FNV-1a. Swift's own hashes differ from process to process.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }
}
