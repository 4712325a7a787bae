import Codecs

/// Changes pickles opcode by opcode, so that most of what comes out is still read far.
enum PickleMutator {
    static func mutate(_ bytes: inout [UInt8], other: [UInt8], using random: inout SeededGenerator) {
        var steps = split(bytes)
        guard steps.count > 1 else { return }
        let at = random.below(steps.count)
        switch random.below(7) {
        case 0: steps.swapAt(at, random.below(steps.count))
        case 1: steps.insert(steps[at], at: random.below(steps.count))
        case 2: steps.remove(at: at)
        case 3: steps.insert(step(using: &random), at: at)
        case 4: steps[at] = step(using: &random)
        case 5:
            let others = split(other)
            guard !others.isEmpty else { return }
            let start = random.below(others.count)
            steps.insert(contentsOf: others[start..<min(others.count, start + 1 + random.below(12))], at: at)
        default:
            let run = Array(steps[at..<min(steps.count, at + 1 + random.below(6))])
            let times = random.once(in: 20) ? 2000 : 1 + random.below(4)
            let fitting = min(times, Mutator.maximumCount / max(1, run.reduce(0) { $0 + $1.count }))
            steps.insert(contentsOf: Array(repeating: run, count: fitting).joined(), at: at)
        }
        bytes = Array(steps.joined())
    }

    /// The opcodes with their arguments; what cannot be told apart stands in one piece at the end.
    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var steps: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count, let next = end(of: start, in: bytes) {
            steps.append(bytes[start..<next])
            start = next
        }
        if start < bytes.count { steps.append(bytes[start...]) }
        return steps
    }

    private static func end(of start: Int, in bytes: [UInt8]) -> Int? {
        guard let opcode = PickleOpcode.opcode(of: bytes[start]) else { return nil }
        func counted(_ width: Int) -> Int? {
            guard start + 1 + width <= bytes.count else { return nil }
            var length = 0
            for index in (0..<min(width, 4)).reversed() { length = length << 8 | Int(bytes[start + 1 + index]) }
            return start + 1 + width + length
        }
        func lines(_ count: Int) -> Int? {
            var end = start
            for _ in 0..<count {
                guard let found = bytes[(end + 1)...].firstIndex(of: 10) else { return nil }
                end = found
            }
            return end + 1
        }
        let end: Int? =
            switch opcode.argument {
            case .none: start + 1
            case .fixed(let width): start + 1 + width
            case .counted(let width): counted(width)
            case .signedCount: counted(4)
            case .line: lines(1)
            case .twoLines: start + 1 < bytes.count ? lines(2) : nil
            case .frame: start + 9
            }
        return end.flatMap { $0 <= bytes.count ? $0 : nil }
    }

    /// Any opcode, with an argument that is mostly well-formed.
    static func step(using random: inout SeededGenerator) -> ArraySlice<UInt8> {
        let opcode = random.pick(PickleOpcode.all)
        var made = [opcode.code]
        switch opcode.argument {
        case .none: break
        case .fixed(let width):
            for _ in 0..<width { made.append(random.once(in: 3) ? random.byte() : UInt8(random.below(3))) }
        case .counted(let width): counted(width)
        case .signedCount: counted(4)
        case .line: line()
        case .twoLines:
            line()
            line()
        case .frame: made += [UInt8(random.below(20)), 0, 0, 0, 0, 0, 0, 0]
        }
        func counted(_ width: Int) {
            let count = random.below(random.once(in: 8) ? 200 : 6)
            made.append(UInt8(count))
            made += Array(repeating: 0, count: width - 1)
            for _ in 0..<count { made.append(random.once(in: 4) ? random.byte() : UInt8(97 + random.below(3))) }
        }
        func line() {
            made += Array(
                random.pick([
                    "0", "1", "00", "01", "-5", "5L", "'a'", "\"b\\x41\"", "1.5", "inf", "-nan", "os", "__main__",
                    "\\u00e9", "\\ud800", "12345678901234567890", "1_000", " 7 ", "'", "",
                ]).utf8)
            made.append(10)
        }
        return made[...]
    }
}
