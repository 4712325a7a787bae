import Glibc

/// The process that runs cases, which a case may end.
enum Worker {
    /// What it exits with when a property does not hold.
    static let failureStatus: Int32 = 3
    /// A worker may have this much address space; a reservation by a claimed length ends it.
    private static let maximumAddressSpace: rlim_t = 6 << 30

    static func run(_ fuzzer: Fuzzer, _ options: Options, from first: UInt64, shared: SharedCase) -> Int32 {
        if !options.isSanitized {
            var limit = rlimit(rlim_cur: maximumAddressSpace, rlim_max: maximumAddressSpace)
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        }
        var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
        let library = SeedLibrary(tests: options.tests)
        let kept = options.runsKept ? library.failCases(of: fuzzer.name) : []
        let cases = CaseMaker(fuzzer, library: library, seed: options.seed)
        let runner = CaseRunner(fuzzer, looksAtTime: options.isSoak)
        var index = first
        let count = options.runsKept ? UInt64(kept.count) : options.cases ?? .max
        while !shared.isStopped, index < count {
            let input = options.runsKept ? kept[Int(index)] : cases.make(index)
            shared.bytes = input
            index += 1
            shared.started = index - first
            do throws(PropertyFailure) {
                let peak = try runner.run(input)
                let ratio = UInt64(max(0, peak - CaseRunner.freeHeapBytes) / max(input.count, 1))
                if ratio > shared.highestRatio { shared.highestRatio = ratio }
            } catch {
                shared.reason = error.detail.isEmpty ? error.property : "\(error.property): \(error.detail)"
                return failureStatus
            }
        }
        return 0
    }
}
