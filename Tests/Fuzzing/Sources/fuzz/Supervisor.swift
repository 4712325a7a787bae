import Glibc

/// Runs the workers of one fuzzer for its time, and keeps the cases that end or stop one.
struct Supervisor {
    /// A case that takes longer hangs.
    private static let deadlineSeconds = 10.0
    /// Failures of one fuzzer after which it is left alone.
    private static let maximumFailures = 8

    var options: Options

    struct Outcome {
        var cases: UInt64 = 0
        var failures = 0
        var seconds = 0.0
        var highestRatio: UInt64 = 0
    }

    /// Runs the cases that failed once, then others for that time.
    func run(_ fuzzer: Fuzzer, seconds: Double) -> Outcome {
        let kept = SeedLibrary(tests: options.tests).failCases(of: fuzzer.name).count
        if kept == 0 { return runCases(fuzzer, seconds: seconds) }
        var first = self
        first.options.runsKept = true
        first.options.cases = UInt64(kept)
        var outcome = first.runCases(fuzzer, seconds: .infinity)
        let others = runCases(fuzzer, seconds: seconds)
        outcome.cases += others.cases
        outcome.failures += others.failures
        outcome.seconds += others.seconds
        outcome.highestRatio = max(outcome.highestRatio, others.highestRatio)
        return outcome
    }

    private func runCases(_ fuzzer: Fuzzer, seconds: Double) -> Outcome {
        var outcome = Outcome()
        guard let shared = SharedCase() else { fatalError("no shared memory") }
        defer { close(shared.descriptor) }
        let began = Self.now()
        var next: UInt64 = 0
        while Self.now() - began < seconds, next < options.cases ?? .max, outcome.failures < Self.maximumFailures {
            shared.started = 0
            shared.isStopped = false
            shared.reason = ""
            let ending = watch(fuzzer, from: next, until: began + seconds, shared)
            next += shared.started
            outcome.cases += shared.started
            guard let ending else { break }
            outcome.failures += 1
            guard shared.started > 0 else {
                print("\(fuzzer.name): before the first case, \(ending)")
                break
            }
            keep(shared.bytes, of: fuzzer, why: ending, number: next - 1)
        }
        outcome.seconds = Self.now() - began
        outcome.highestRatio = shared.highestRatio
        return outcome
    }

    /// Runs one worker to its end. Says why its last case failed, or nil.
    private func watch(_ fuzzer: Fuzzer, from first: UInt64, until end: Double, _ shared: SharedCase) -> String? {
        guard let process = spawn(fuzzer, from: first, shared) else { fatalError("cannot start a worker") }
        var lastStarted: UInt64 = 0
        var lastChange = Self.now()
        while true {
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { return reason(status, shared) }
            let now = Self.now()
            if options.cases == nil, now >= end { shared.isStopped = true }
            if shared.started != lastStarted {
                lastStarted = shared.started
                lastChange = now
            } else if now - lastChange > Self.deadlineSeconds {
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                return "a case runs for more than \(Self.deadlineSeconds) s"
            }
            usleep(5000)
        }
    }

    private func reason(_ status: Int32, _ shared: SharedCase) -> String? {
        let signal = status & 0x7F
        if signal != 0 { return "the worker died of signal \(signal)" }
        switch status >> 8 & 0xFF {
        case 0: return nil
        case Worker.failureStatus: return shared.reason
        default: return "the worker ended with status \(status >> 8 & 0xFF)"
        }
    }

    private func keep(_ bytes: [UInt8], of fuzzer: Fuzzer, why: String, number: UInt64) {
        let digits = String(FNV.hash(bytes), radix: 16)
        let name = "\(fuzzer.name)-" + String(repeating: "0", count: 16 - digits.count) + digits
        let path = options.tests + "/Fuzzing/FailCases/" + name
        if let file = fopen(path, "wb") {
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        } else {
            print("cannot write \(path)")
        }
        print("\(fuzzer.name), case \(number), \(bytes.count) bytes: \(why)\n    again: fuzz \(path)")
        fflush(nil)
    }

    private func spawn(_ fuzzer: Fuzzer, from first: UInt64, _ shared: SharedCase) -> pid_t? {
        let words =
            [
                "fuzz", "--worker", fuzzer.name, "--from", "\(first)", "--shared", "\(shared.descriptor)", "--seed",
                "\(options.seed)", "--tests", options.tests,
            ] + (options.isSoak ? ["--soak"] : []) + (options.isSanitized ? ["--sanitized"] : [])
            + (options.runsKept ? ["--kept"] : [])
            + (options.cases.map { ["--cases", "\($0)"] } ?? [])
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        // A trap is to end the worker at once, without a look at its stack.
        setenv("SWIFT_BACKTRACE", "enable=no", 1)
        var process: pid_t = 0
        return posix_spawn(&process, "/proc/self/exe", nil, nil, arguments, environ) == 0 ? process : nil
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
