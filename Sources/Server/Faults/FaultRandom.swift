/// Numbers by chance that are the same for the same seed: SplitMix64 (Steele, Lea and Flood, 2014).
struct FaultRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers of one session of a port.
    init(seed: UInt64, session: Int) {
        state = seed
        // Sessions next to each other have nothing in common.
        state = next() ^ UInt64(bitPattern: Int64(session))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ number &>> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number &>> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number &>> 31
    }
}
