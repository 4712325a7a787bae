/// Tells which names pickles would import and call, whatever stands around them, without doing any of it.
///
/// A file of pickles is followed as each of CPython's unpicklers would read it: pickle after pickle, each with a memo of its own
/// and with the one that goes on from the pickles before (an `Unpickler` that loads several times), and once more from the
/// end of a frame that reaches beyond STOP, where an unpickler that reads frames whole goes on, and where an argument crosses
/// the end of a frame, of which some leave the rest out. Texts and bytes that are
/// pickles themselves are looked into. Time and memory are linear in the bytes.
package struct PickleScanner {
    private let policy: NamePolicy
    private var log: ScanLog
    /// The memo that goes on from message to message.
    private var sharedMemo = ScanMemo()
    private var hasSharedMemo = false

    /// A pickle inside a constant that is to be looked into.
    private struct Nested {
        var bytes: [UInt8]
        var range: Range<Int>
        var depth: Int
        var fixedOffset: Int?
    }

    /// What one pickle came to.
    private struct Run {
        var end: PickleScanMachine.End
        var frameEnd: Int
        var constants: [PickleScanMachine.Constant]
        var hasProblem: Bool
        var crossesFrame: Bool
    }

    /// How deep in constants pickles are looked for.
    private static let maximumNesting = 8

    package init(policy: NamePolicy = NamePolicy()) {
        self.policy = policy
        log = ScanLog(policy: policy)
    }

    /// Scans a file: one pickle, or several that follow each other.
    package mutating func scanFile(_ bytes: [UInt8]) -> ScanReport {
        hasSharedMemo = false
        sharedMemo = ScanMemo()
        return scan(bytes, keepsMemo: false)
    }

    /// Scans a message of a stream, of which the earlier ones were scanned here too.
    package mutating func scanMessage(_ bytes: [UInt8]) -> ScanReport { scan(bytes, keepsMemo: true) }

    private mutating func scan(_ bytes: [UInt8], keepsMemo: Bool) -> ScanReport {
        var pickles = 0
        var nested: [Nested] = []
        var starts = [0]
        var visited: Set<Int> = []
        // What overlaps is read at most so often, all in all.
        var overlapBudget = 8 * bytes.count + 1 << 20
        if bytes.isEmpty { addProblem(0, "there are no bytes") }
        while let first = starts.popLast() {
            let isMain = visited.isEmpty
            var start = first
            while start < bytes.count, visited.insert(start).inserted {
                if pickles > 0, isPadding(bytes[start...]) { break }
                if !isMain, overlapBudget <= 0 {
                    addProblem(start, "too many frames that reach beyond STOP")
                    break
                }
                let run = isMain ? runShared(bytes, start, keepsMemo) : runAlone(bytes, start..<bytes.count, ScanMemo())
                pickles += 1
                queue(run.constants, of: bytes, depth: 0, fixedOffset: nil, into: &nested)
                let stop = if case .stopped(let stop) = run.end { stop } else { bytes.count }
                overlapBudget -= isMain ? 0 : stop - start
                if run.crossesFrame {
                    addProblem(start, "an argument crosses the end of a frame: unpicklers read it differently")
                    if overlapBudget > 0 {
                        let other = runAlone(bytes, start..<bytes.count, ScanMemo(), skipsFrameRests: true)
                        queue(other.constants, of: bytes, depth: 0, fixedOffset: nil, into: &nested)
                        let otherStop = if case .stopped(let stop) = other.end { stop } else { bytes.count }
                        overlapBudget -= otherStop - start
                        starts.append(max(otherStop, other.frameEnd))
                    } else {
                        addProblem(start, "too many frames whose ends are crossed")
                    }
                }
                guard run.end == .stopped(stop) else { break }
                if run.frameEnd > stop {
                    addProblem(stop, "a frame reaches beyond STOP: unpicklers go on at different places")
                    starts.append(run.frameEnd)
                }
                start = stop
            }
        }
        lookInside(&nested, budget: 16 * bytes.count + 1 << 20)
        let found = log.takeFindings()
        return ScanReport(
            findings: found.findings, unlisted: found.unlisted, verdict: found.verdict, pickles: pickles)
    }

    /// Zeros and white space up to the end: no unpickler gets anywhere with them.
    private func isPadding(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.first.map { $0 == 0 || $0 == 0x20 || (0x09...0x0D).contains($0) } == true
            && rest.allSatisfy { $0 == 0 || $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    private mutating func addProblem(_ offset: Int, _ reason: String) {
        log.add(
            ScanFinding(
                offset: offset, opcode: "", action: .problem, name: "(not followed)", verdict: .suspicious,
                reason: reason))
    }

    // MARK: Runs

    /// A pickle with a memo of its own, and with the one of the pickles before it.
    private mutating func runShared(_ bytes: [UInt8], _ start: Int, _ keepsMemo: Bool) -> Run {
        let range = start..<bytes.count
        let alone = hasSharedMemo ? runAlone(bytes, range, ScanMemo()) : nil
        hasSharedMemo = true
        if alone != nil { log.beginRepetition() }
        defer { log.endRepetition() }
        let memo = sharedMemo
        sharedMemo = ScanMemo()
        // With the memo of the pickles before, what is missing in it was noted already, or is there.
        let shared = runAlone(bytes, range, consume memo, keepsMemo: keepsMemo, isMain: true)
        return alone ?? shared
    }

    private mutating func runAlone(
        _ bytes: [UInt8], _ range: Range<Int>, _ memo: consuming ScanMemo, keepsMemo: Bool = false,
        isMain: Bool = false, skipsFrameRests: Bool = false
    ) -> Run {
        let taken = log
        log = ScanLog(policy: policy)
        var machine = PickleScanMachine(
            bytes: bytes, range: range, log: consume taken, memo: memo, skipsFrameRests: skipsFrameRests)
        machine.keepsMemo = keepsMemo
        let end = machine.run()
        if isMain { sharedMemo = machine.memo }
        log = machine.log
        return Run(
            end: end, frameEnd: machine.frameEnd, constants: machine.constants, hasProblem: machine.hasProblem,
            crossesFrame: machine.crossesFrame)
    }
}

// MARK: Pickles in constants

extension PickleScanner {
    private func queue(
        _ constants: [PickleScanMachine.Constant], of bytes: [UInt8], depth: Int, fixedOffset: Int?,
        into nested: inout [Nested]
    ) {
        for constant in constants {
            let content = bytes[constant.range]
            if mayBegin(content) {
                nested.append(Nested(bytes: bytes, range: constant.range, depth: depth, fixedOffset: fixedOffset))
            }
            guard constant.isText, let other = Self.latin1(content, opcode: bytes[constant.opcodeOffset]),
                mayBegin(other[...])
            else { continue }
            nested.append(
                Nested(
                    bytes: other, range: 0..<other.count, depth: depth,
                    fixedOffset: fixedOffset ?? constant.opcodeOffset))
        }
    }

    /// Whether a pickle may begin so, for a first look at every text.
    private func mayBegin(_ content: ArraySlice<UInt8>) -> Bool {
        guard let first = content.first, content.count >= 4 else { return false }
        if first == PickleOpcode.proto { return content[content.startIndex + 1] <= 5 }
        return first != PickleOpcode.stop
            && PickleStep.shape(of: PickleStep.table[Int(first)]) != PickleStep.Shape.unknown
    }

    /// The bytes that a text stands for when each character is one: how protocols below 3 write bytes. Nil where it is the
    /// same, or where it is no such text.
    private static func latin1(_ content: ArraySlice<UInt8>, opcode: UInt8) -> [UInt8]? {
        var text = Array(content)
        if opcode == PickleOpcode.string || opcode == PickleOpcode.unicode {
            guard
                text.contains(UInt8(ascii: "\\"))
                    || opcode == PickleOpcode.unicode && text.contains(where: { $0 >= 0x80 })
            else { return nil }
            let decoded = text.withUnsafeBytes {
                opcode == PickleOpcode.string ? PickleEscapes.bytes(of: $0) : PickleEscapes.text(of: $0)?.text
            }
            guard let decoded else { return nil }
            if opcode == PickleOpcode.string { return decoded }
            text = decoded
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                bytes.append(byte)
                index += 1
                continue
            }
            guard byte == 0xC2 || byte == 0xC3, index + 1 < text.count, text[index + 1] & 0xC0 == 0x80 else {
                return nil
            }
            bytes.append((byte & 3) << 6 | text[index + 1] & 0x3F)
            index += 2
        }
        return bytes.count == content.count ? nil : bytes
    }

    private mutating func lookInside(_ nested: inout [Nested], budget: Int) {
        var budget = budget
        while let next = nested.popLast() {
            guard budget > 0 else {
                return addProblem(next.fixedOffset ?? next.range.lowerBound, "too many constants to look into")
            }
            var trial = PickleScanner(policy: policy)
            trial.log.nesting = next.depth + 1
            trial.log.fixedOffset = next.fixedOffset
            var start = next.range.lowerBound
            while start < next.range.upperBound {
                let run = trial.runAlone(next.bytes, start..<next.range.upperBound, ScanMemo())
                let stop = if case .stopped(let stop) = run.end { stop } else { next.range.upperBound }
                budget -= run.end == .lost ? 16 : stop - start
                guard Self.isPickle(next.bytes[start..<next.range.upperBound], run, trial.log) else { break }
                log.merge(trial.log)
                _ = trial.log.takeFindings()
                if next.depth + 1 < Self.maximumNesting {
                    queue(
                        run.constants, of: next.bytes, depth: next.depth + 1, fixedOffset: next.fixedOffset,
                        into: &nested)
                } else if !run.constants.isEmpty {
                    addProblem(
                        next.fixedOffset ?? start, "pickles in pickles deeper than \(Self.maximumNesting) levels")
                }
                guard run.end == .stopped(stop) else { break }
                start = stop
            }
        }
    }

    /// Whether a constant that was tried is a pickle that matters: it imports something, and it is whole, says that it is a
    /// pickle, or imports what is dangerous.
    private static func isPickle(_ bytes: ArraySlice<UInt8>, _ run: Run, _ log: ScanLog) -> Bool {
        let imports = log.findings.filter { $0.action != .problem }
        guard !imports.isEmpty else {
            // Nothing is imported here, but perhaps in a constant of it.
            if case .stopped = run.end { return !run.hasProblem && bytes.first == PickleOpcode.proto }
            return false
        }
        if bytes.first == PickleOpcode.proto { return true }
        if case .stopped = run.end, !run.hasProblem { return true }
        return imports.contains { $0.verdict == .dangerous && $0.action == .importing }
    }
}
