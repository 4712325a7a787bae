import CMemory
import Glibc

/// Runs one case and measures it.
struct CaseRunner {
    /// Heap that a case may take, whatever its length: limits such as the 1 MiB of text that any payload may become, three
    /// times over while a buffer grows, and the kept memory of several trees.
    static let freeHeapBytes = 12 << 20
    /// Heap for each byte of the case. A byte may be an opcode, which makes a node of 16 bytes, an edge and a place on a
    /// stack of 4 each; buffers that double hold three times as much while they move, and a check keeps several trees and
    /// texts at a time.
    static let heapBytesPerByte = 400
    /// Time that a case may take where time is looked at: microseconds, and so many nanoseconds for each byte.
    private static let freeMicroseconds = 30_000
    private static let nanosecondsPerByte = 20_000

    let fuzzer: Fuzzer
    let looksAtTime: Bool
    private let bytes = CaseBytes()

    init(_ fuzzer: Fuzzer, looksAtTime: Bool) {
        self.fuzzer = fuzzer
        self.looksAtTime = looksAtTime
        _ = CaseBytes.shared
    }

    /// Runs it and gives the heap that it took at most.
    func run(_ input: [UInt8]) throws(PropertyFailure) -> Int {
        bytes.replace(with: input)
        heap_count_restart()
        let began = Self.processorMicroseconds()
        try fuzzer.check(bytes)
        let peak = Int(heap_count_peak())
        let allowed = Self.freeHeapBytes + Self.heapBytesPerByte * bytes.count
        try require(peak <= allowed, "a case takes heap out of proportion", "\(peak) bytes for \(bytes.count)")
        if looksAtTime { try checkTime(Self.processorMicroseconds() - began) }
        return peak
    }

    /// Looks at the time twice more before it is called too long: the machine may have been busy.
    private func checkTime(_ first: Int) throws(PropertyFailure) {
        let allowed = Self.freeMicroseconds + Self.nanosecondsPerByte * bytes.count / 1000
        var least = first
        for _ in 0..<2 where least > allowed {
            let began = Self.processorMicroseconds()
            try fuzzer.check(bytes)
            least = min(least, Self.processorMicroseconds() - began)
        }
        try require(least <= allowed, "a case takes time out of proportion", "\(least) µs for \(bytes.count) bytes")
    }

    private static func processorMicroseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
