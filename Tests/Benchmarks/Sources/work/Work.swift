import Codecs
import Glibc

/// Does one kind of work on a message over and over, for `bench_codecs.py`: each line of stdin is `KIND FILE SECONDS`, and each line of
/// stdout is the nanoseconds of this process's own time that it took each time.
@main
enum Work {
    static func main() {
        while let line = readLine() {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 3, let seconds = Double(fields[2]), let task = Task.all[fields[0]] else {
                fail("\"\(line)\" is no KIND FILE SECONDS; kinds: \(Task.all.keys.sorted())")
            }
            do {
                print(try measure(task.init(bytes(of: fields[1])), seconds: seconds))
                fflush(nil)
            } catch {
                fail("\(fields[0]) of \(fields[1]): \(error)")
            }
        }
    }

    /// Grows the count until the time is reached, so that the clock is read seldom. The first time, which finds no memory yet,
    /// is not counted.
    private static func measure(_ task: some BenchmarkTask, seconds: Double) throws -> Double {
        try task.run()
        var count = 1
        while true {
            let began = nanoseconds()
            for _ in 0..<count { try task.run() }
            let took = Double(nanoseconds() - began)
            if took >= seconds * 1e9 { return took / Double(count) }
            count = max(count * 2, Int(Double(count) * min(1.1 * seconds * 1e9 / max(took, 1), 100)))
        }
    }

    private static func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { fail("cannot read \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    private static func fail(_ reason: String) -> Never {
        let line = Array("work: \(reason)\n".utf8)
        write(STDERR_FILENO, line, line.count)
        exit(2)
    }
}
