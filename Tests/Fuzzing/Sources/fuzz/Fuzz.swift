import Codecs
import Glibc

/// Feeds the readers of untrusted bytes with spoilt ones; see README.md.
@main
enum Fuzz {
    static func main() {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        if let name = options.worker { exit(work(name, options)) }
        if let name = options.verdicts { exit(Comparison.printVerdicts(fuzzer(named: name), options)) }
        if options.readsExamples { exit(Comparison.checkExamples()) }
        if !options.files.isEmpty { exit(runAgain(options)) }
        exit(runAll(options))
    }

    private static func fuzzer(named name: String) -> Fuzzer {
        guard let fuzzer = FuzzerList.named(name) else { Options.fail("there is no fuzzer \(name); see --list") }
        return fuzzer
    }

    private static func work(_ name: String, _ options: Options) -> Int32 {
        guard let descriptor = options.shared, let shared = SharedCase(inherited: descriptor) else { return 64 }
        return Worker.run(fuzzer(named: name), options, from: options.first, shared: shared)
    }

    /// Runs files of cases in this process, so that a debugger sees what happens.
    private static func runAgain(_ options: Options) -> Int32 {
        var status: Int32 = 0
        for path in options.files {
            let file = path.split(separator: "/").last.map(String.init) ?? path
            let name = options.only.first ?? String(file[..<(file.lastIndex(of: "-") ?? file.endIndex)])
            let bytes = SeedLibrary.file(path)
            print("\(name), \(bytes.count) bytes")
            do throws(PropertyFailure) {
                let peak = try CaseRunner(fuzzer(named: name), looksAtTime: options.isSoak).run(bytes)
                print("    holds, \(peak) bytes of heap")
            } catch {
                print("    \(error.property): \(error.detail)")
                status = 1
            }
        }
        return status
    }

    private static func runAll(_ options: Options) -> Int32 {
        let chosen = FuzzerList.all.filter { fuzzer in
            options.only.isEmpty || options.only.contains { fuzzer.name.hasPrefix($0) }
        }
        guard !chosen.isEmpty else { Options.fail("no fuzzer has such a name; see --list") }
        let weights = chosen.reduce(0) { $0 + $1.weight }
        let supervisor = Supervisor(options: options)
        var cases: UInt64 = 0
        var failures = 0
        for fuzzer in chosen {
            let share = options.seconds * Double(fuzzer.weight) / Double(weights)
            let outcome = supervisor.run(fuzzer, seconds: options.cases == nil ? share : .infinity)
            cases += outcome.cases
            failures += outcome.failures
            let rate = Int(Double(outcome.cases) / max(outcome.seconds, 0.001))
            print(
                "\(fuzzer.name): \(outcome.cases) cases, \(rate) a second, \(outcome.failures) failures"
                    + (outcome.highestRatio > 0 ? ", heap \(outcome.highestRatio) times the input" : ""))
            fflush(nil)
        }
        print("\(cases) cases with seed \(options.seed), \(failures) failures")
        return failures == 0 ? 0 : 1
    }
}
