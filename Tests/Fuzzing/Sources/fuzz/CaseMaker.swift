/// Makes the cases of one fuzzer: the seeds as they are, then changed ones. The case of a number depends on the seed and the
/// fixtures, never on cases before it.
struct CaseMaker {
    private let fuzzer: Fuzzer
    private let seeds: [[UInt8]]
    private let seed: UInt64

    init(_ fuzzer: Fuzzer, library: SeedLibrary, seed: UInt64) {
        self.fuzzer = fuzzer
        self.seed = seed
        seeds = fuzzer.seeds(library).filter { $0.count <= 300_000 }
    }

    func make(_ index: UInt64) -> [UInt8] {
        if index < UInt64(seeds.count) { return seeds[Int(index)] }
        var random = SeededGenerator(seed: seed, fuzzer: fuzzer.name, index: index)
        var bytes = start(using: &random)
        let rounds = random.once(in: 6) ? 1 + random.below(30) : 1 + random.below(4)
        for _ in 0..<rounds {
            mutate(&bytes, using: &random)
            if bytes.count > Mutator.maximumCount { bytes.removeLast(bytes.count - Mutator.maximumCount) }
        }
        return bytes
    }

    private func start(using random: inout SeededGenerator) -> [UInt8] {
        switch fuzzer.dialect {
        case .pickle where random.once(in: 3): return PickleGenerator.make(using: &random)
        case .json where random.once(in: 4): return JSONGenerator.make(isNotation: false, using: &random)
        case .notation where random.once(in: 2): return JSONGenerator.make(isNotation: true, using: &random)
        default: return pickSeed(using: &random)
        }
    }

    /// Mostly a small seed, so that many cases are run.
    private func pickSeed(using random: inout SeededGenerator) -> [UInt8] {
        for _ in 0..<8 {
            let seed = random.pick(seeds)
            if seed.count < 2000 || random.once(in: 30) { return seed }
        }
        return random.pick(seeds)
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        let other = pickSeed(using: &random)
        switch fuzzer.dialect {
        case .pickle where !random.once(in: 3): PickleMutator.mutate(&bytes, other: other, using: &random)
        // What was generated is worth reading whole now and then.
        case .pickle, .json, .notation: if !random.once(in: 3) { Mutator.mutate(&bytes, other: other, using: &random) }
        case .bytes: Mutator.mutate(&bytes, other: other, using: &random)
        }
    }
}
