/// Random numbers that a seed repeats (SplitMix64), so that a case can be made again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The numbers of one case of one fuzzer.
    init(seed: UInt64, fuzzer: String, index: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ FNV.hash(Array(fuzzer.utf8)) &+ index &* 0xD6E8_FEB8_6659_FD93
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed &>> 31
    }

    /// A number from 0 on, below `limit`.
    mutating func below(_ limit: Int) -> Int {
        limit < 2 ? 0 : Int(truncatingIfNeeded: next() % UInt64(truncatingIfNeeded: limit))
    }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// One of them.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}

/// The hash that names cases (FNV-1a, 64 bits).
enum FNV {
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
