internal import Glibc

/// Runs a pickle on values of which only texts, names and calls are known, to tell which names it would import.
///
/// It is no reader: where the reader refuses, it notes that and goes on, since CPython may have imported names before it
/// fails, and its two unpicklers (C and Python) fail at different places. What both can do with the bytes is followed; what
/// cannot be followed is a finding. Each step looks at its bytes once.
struct PickleScanMachine {
    /// How a run ended.
    enum End: Equatable {
        /// At STOP; the offset behind it.
        case stopped(Int)
        /// The bytes ended first.
        case exhausted
        /// At a byte that is no opcode.
        case lost
    }

    /// A text or bytes that may be a pickle of its own.
    struct Constant {
        /// Where its opcode stands.
        var opcodeOffset: Int
        var range: Range<Int>
        var isText: Bool
    }

    let bytes: [UInt8]
    let end: Int
    var log: ScanLog
    var memo: ScanMemo
    /// Whether the memo is used again after these bytes are gone.
    var keepsMemo = false
    var position: Int
    var stack: [ScanValue] = []
    /// The heights of the stack at the open MARKs.
    var marks: [Int] = []
    var protocolVersion = 0
    /// The furthest end of a FRAME: where an unpickler that reads frames whole leaves a file.
    var frameEnd = 0
    /// How far CPython's C unpickler has read a file: it takes frames whole, and all else byte by byte.
    private(set) var readEnd: Int
    /// An argument began in a frame and ended behind it. What reads from bytes, and from a file that it can look ahead in, goes
    /// on as if there were no frame.
    private(set) var crossesFrame = false
    /// The C unpickler leaves the rest of a frame out where an argument does not fit into it, and reads that from behind the
    /// frame, if it cannot look ahead in the file (`io.BytesIO`).
    let skipsFrameRests: Bool
    /// A key was met that changes what an object is, if it stands in a state.
    var stateKey: String?
    var constants: [Constant] = []
    /// Whether anything was noted that an unpickler would fail at.
    var hasProblem = false
    /// Values were thrown away since there are too many: what is popped then is unknown.
    var isBlind = false

    private static let maximumStack = 1 << 22
    /// Constants that are looked into.
    private static let minimumNestedBytes = 4

    init(bytes: [UInt8], range: Range<Int>, log: ScanLog, memo: ScanMemo, skipsFrameRests: Bool = false) {
        self.bytes = bytes
        self.skipsFrameRests = skipsFrameRests
        position = range.lowerBound
        readEnd = range.lowerBound
        end = min(range.upperBound, bytes.count)
        self.log = log
        self.memo = memo
    }

    /// Runs one pickle to its STOP.
    mutating func run() -> End {
        while position < end {
            guard let at = take(1) else { break }
            let code = bytes[at]
            let entry = PickleStep.table[Int(code)]
            if PickleStep.shape(of: entry) == PickleStep.Shape.unknown {
                note(at, "not a pickle opcode: what follows is not looked at")
                return .lost
            }
            if code == PickleOpcode.stop {
                if stack.count <= fence { note(at, "finds nothing on the stack") }
                return .stopped(position)
            }
            if !step(code, at) {
                note(at, "the pickle ends in its argument")
                return .exhausted
            }
        }
        if let last = bytes.indices.contains(end - 1) ? end - 1 : nil {
            note(last, "the pickle ends without STOP")
        }
        return .exhausted
    }

    /// One opcode; false when its argument is not all there.
    private mutating func step(_ code: UInt8, _ at: Int) -> Bool {
        switch code {
        case PickleOpcode.mark: pushMark()
        case PickleOpcode.pop: popOne()
        case PickleOpcode.popMark: popToMark()
        case PickleOpcode.duplicate: push(top(at))
        case PickleOpcode.none, PickleOpcode.newTrue, PickleOpcode.newFalse, PickleOpcode.emptyTuple,
            PickleOpcode.emptyList, PickleOpcode.emptyDictionary, PickleOpcode.emptySet:
            push(.plain)
        case PickleOpcode.nextBuffer: push(.unknown)
        case PickleOpcode.readonlyBuffer: if stack.count <= fence { note(at, "finds nothing on the stack") }
        case PickleOpcode.int, PickleOpcode.long, PickleOpcode.float: return pushPlainLine()
        case PickleOpcode.binFloat: return pushPlain(skipping: 8)
        case PickleOpcode.binInt: return pushPlain(skipping: 4)
        case PickleOpcode.binInt1: return pushPlain(skipping: 1)
        case PickleOpcode.binInt2: return pushPlain(skipping: 2)
        case PickleOpcode.long1: return counted(1).map { _ in push(.plain) } != nil
        case PickleOpcode.long4: return counted(4).map { _ in push(.plain) } != nil
        case PickleOpcode.string: return loadQuoted(at)
        case PickleOpcode.unicode: return loadEscaped(at)
        case PickleOpcode.shortBinString, PickleOpcode.shortBinUnicode: return loadText(1, at)
        case PickleOpcode.binString, PickleOpcode.binUnicode: return loadText(4, at)
        case PickleOpcode.binUnicode8: return loadText(8, at)
        case PickleOpcode.shortBinBytes: return loadBytes(1, at)
        case PickleOpcode.binBytes: return loadBytes(4, at)
        case PickleOpcode.binBytes8, PickleOpcode.byteArray8: return loadBytes(8, at)
        case PickleOpcode.proto: return fixed(1).map { protocolVersion = $0 } != nil
        case PickleOpcode.frame: return loadFrame()
        case PickleOpcode.memoize: store(.number(memo.count), at)
        case PickleOpcode.put: return storeAtLine(at)
        case PickleOpcode.binPut: return fixed(1).map { store(.number($0), at) } != nil
        case PickleOpcode.longBinPut: return fixed(4).map { store(.number($0), at) } != nil
        case PickleOpcode.get: return fetchFromLine(at)
        case PickleOpcode.binGet: return fixed(1).map { fetch(.number($0), at) } != nil
        case PickleOpcode.longBinGet: return fixed(4).map { fetch(.number($0), at) } != nil
        case PickleOpcode.tuple1: makeTuple(1, at)
        case PickleOpcode.tuple2: makeTuple(2, at)
        case PickleOpcode.tuple3: makeTuple(3, at)
        case PickleOpcode.tuple: makeTuple(takeMark(at), at)
        case PickleOpcode.list, PickleOpcode.dictionary, PickleOpcode.frozenSet: collect(takeMark(at))
        default: return stepObjects(code, at)
        }
        return true
    }

    private mutating func pushPlainLine() -> Bool {
        guard line() != nil else { return false }
        push(.plain)
        return true
    }

    private mutating func pushPlain(skipping count: Int) -> Bool {
        guard take(count) != nil else { return false }
        push(.plain)
        return true
    }

    /// A frame that is longer than the bytes is an error, sooner or later; what reads from bytes has not noticed it yet.
    private mutating func loadFrame() -> Bool {
        guard let length = number(8) else { return false }
        let isWhole = length <= UInt64(end - position)
        let next = isWhole ? position + Int(length) : end
        frameEnd = max(frameEnd, next)
        guard next > readEnd else { return true }
        if position < readEnd { crossFrame() }
        guard skipsFrameRests else {
            readEnd = next
            return true
        }
        guard length <= UInt64(end - position) else { return false }
        readEnd = position + Int(length)
        frameEnd = max(frameEnd, readEnd)
        return true
    }

    private mutating func makeTuple(_ count: Int, _ at: Int) {
        let available = stack.count - fence
        if available < count { note(at, "finds too little on the stack") }
        var value = ScanValue.plain
        if count == 2, available >= 2, stack[stack.count - 2].isText, isLatin1(stack[stack.count - 1]) {
            value = ScanValue(kind: .latin1Arguments)
        }
        stack.removeLast(min(count, available))
        push(value)
    }

    private mutating func collect(_ count: Int) {
        stack.removeLast(min(count, stack.count))
        push(.plain)
    }
}

// MARK: Arguments

extension PickleScanMachine {
    /// Takes that many bytes, and gives where they begin; nil where there are fewer.
    @inline(__always)
    private mutating func take(_ count: Int) -> Int? {
        guard count <= end - position else { return nil }
        if position < readEnd, position + count > readEnd {
            crossFrame()
            guard count <= end - position else { return nil }
        }
        let start = position
        position = start + count
        readEnd = max(readEnd, position)
        return start
    }

    /// An argument does not fit into the frame that it began in.
    private mutating func crossFrame() {
        crossesFrame = true
        if skipsFrameRests { position = readEnd }
    }

    /// A little-endian number of up to eight bytes.
    private mutating func number(_ width: Int) -> UInt64? {
        guard let start = take(width) else { return nil }
        var number: UInt64 = 0
        for index in 0..<width { number |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return number
    }

    /// A number of up to four bytes.
    mutating func fixed(_ width: Int) -> Int? { number(width).map { Int($0) } }

    /// The bytes behind a length of that many bytes.
    mutating func counted(_ width: Int) -> Range<Int>? {
        guard let count = number(width), count <= UInt64(end - position), let start = take(Int(count)) else {
            return nil
        }
        return start..<position
    }

    /// The same for bytes and byte arrays, which the C unpickler reads on beyond a frame's end.
    mutating func countedBytes(_ width: Int) -> Range<Int>? {
        guard let count = number(width), count <= UInt64(end - position) else { return nil }
        let start = position
        position += Int(count)
        if start < readEnd, position > readEnd { crossesFrame = true }
        readEnd = max(readEnd, position)
        return start..<position
    }

    /// The next line without its line feed. At the end of the bytes CPython's Python unpickler takes what is there without its
    /// last byte.
    mutating func line() -> Range<Int>? {
        if position < readEnd, position < end {
            // Within a frame the line ends in it, or it crosses its end.
            if let found = lineFeed(in: position..<min(readEnd, end)) {
                defer { position = found + 1 }
                return position..<found
            }
            crossFrame()
        }
        guard position < end else { return nil }
        let start = position
        let found = lineFeed(in: start..<end)
        position = found.map { $0 + 1 } ?? end
        readEnd = max(readEnd, position)
        return start..<(found ?? end - 1)
    }

    private func lineFeed(in range: Range<Int>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base + range.lowerBound, 10, range.count) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }

    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The bytes of a text.
    func text(of value: ScanValue) -> ArraySlice<UInt8> {
        if value.kind == .keptText {
            let index = Int(value.offset)
            return index < log.texts.count ? log.texts[index][...] : []
        }
        let start = Int(value.offset)
        guard value.kind == .text, start + Int(value.count) <= bytes.count else { return [] }
        return bytes[start..<start + Int(value.count)]
    }

    /// What a text may read as: an 8-bit one depends on the unpickler's `encoding`, where it is not ASCII.
    func readings(of value: ScanValue) -> [String] {
        let text = text(of: value)
        guard value.isLegacy, !text.allSatisfy({ $0 < 0x80 }) else { return [String(decoding: text, as: UTF8.self)] }
        let latin1 = String(String.UnicodeScalarView(text.map { UnicodeScalar($0) }))
        return [latin1, String(decoding: text, as: UTF8.self)]
    }

    private func isLatin1(_ value: ScanValue) -> Bool {
        guard value.isText else { return false }
        let text = text(of: value)
        return text.elementsEqual("latin1".utf8) || text.elementsEqual("latin-1".utf8)
    }
}

// MARK: Texts

extension PickleScanMachine {
    private mutating func loadText(_ width: Int, _ at: Int) -> Bool {
        guard let range = counted(width) else { return false }
        let isLegacy = bytes[at] == PickleOpcode.shortBinString || bytes[at] == PickleOpcode.binString
        pushText(range, at, isLegacy: isLegacy)
        return true
    }

    private mutating func loadBytes(_ width: Int, _ at: Int) -> Bool {
        guard let range = countedBytes(width) else { return false }
        addConstant(range, at, isText: false)
        push(ScanValue(kind: .bytes))
        return true
    }

    private mutating func pushText(_ range: Range<Int>, _ at: Int, isLegacy: Bool = false) {
        checkStateKey(bytes[range])
        addConstant(range, at, isText: true)
        var value = ScanValue(kind: .text, offset: range.lowerBound, count: range.count)
        value.isLegacy = isLegacy
        push(value)
    }

    private mutating func addConstant(_ range: Range<Int>, _ at: Int, isText: Bool) {
        guard range.count >= Self.minimumNestedBytes else { return }
        constants.append(Constant(opcodeOffset: at, range: range, isText: isText))
    }

    private mutating func pushKept(_ text: [UInt8], _ at: Int, isLegacy: Bool) {
        checkStateKey(text[...])
        guard var value = log.keep(text) else {
            note(at, "too many escaped texts to follow")
            return push(.unknown)
        }
        value.isLegacy = isLegacy
        push(value)
    }

    /// STRING: a bytes literal in quotes. Older versions take white space behind it.
    private mutating func loadQuoted(_ at: Int) -> Bool {
        guard var range = line() else { return false }
        while range.count > 2, bytes[range.upperBound - 1] <= 0x20 { range = range.lowerBound..<range.upperBound - 1 }
        guard range.count >= 2, let first = bytes[range].first, first == 0x22 || first == 0x27,
            bytes[range.upperBound - 1] == first
        else {
            note(at, "lacks its quotes")
            push(.unknown)
            return true
        }
        let inside = range.lowerBound + 1..<range.upperBound - 1
        guard bytes[inside].contains(UInt8(ascii: "\\")) else {
            pushText(inside, at, isLegacy: true)
            return true
        }
        addConstant(inside, at, isText: true)
        guard
            let text = bytes.withUnsafeBytes({ PickleEscapes.bytes(of: UnsafeRawBufferPointer(rebasing: $0[inside])) })
        else {
            note(at, "has a broken escape")
            push(.unknown)
            return true
        }
        pushKept(text, at, isLegacy: true)
        return true
    }

    /// UNICODE: Latin-1 with `\uXXXX`.
    private mutating func loadEscaped(_ at: Int) -> Bool {
        guard let range = line() else { return false }
        guard bytes[range].contains(where: { $0 == UInt8(ascii: "\\") || $0 >= 0x80 }) else {
            pushText(range, at)
            return true
        }
        guard let text = bytes.withUnsafeBytes({ PickleEscapes.text(of: UnsafeRawBufferPointer(rebasing: $0[range])) })
        else {
            note(at, "has a broken escape")
            push(.unknown)
            return true
        }
        pushKept(text.text, at, isLegacy: false)
        return true
    }

    private mutating func checkStateKey(_ text: ArraySlice<UInt8>) {
        guard text.count > 4, text.count < 24, text.first == UInt8(ascii: "_") else { return }
        let key = String(decoding: text, as: UTF8.self)
        if NamePolicy.stateKeys.contains(key) { stateKey = key }
    }
}

// MARK: Stack and memo

extension PickleScanMachine {
    /// The height that no opcode reaches below.
    var fence: Int { marks.last ?? 0 }

    mutating func push(_ value: ScanValue) {
        if stack.count >= Self.maximumStack { goBlind() }
        stack.append(value)
    }

    /// The values are too many to keep: from here on every one is unknown.
    private mutating func goBlind() {
        note(position - 1, "more than \(Self.maximumStack) values on the stack")
        stack.removeAll()
        marks.removeAll()
        isBlind = true
    }

    mutating func pop(_ at: Int) -> ScanValue {
        if stack.count > fence { return stack.removeLast() }
        if !isBlind { note(at, "finds too little on the stack") }
        return .unknown
    }

    mutating func top(_ at: Int) -> ScanValue {
        if stack.count > fence, let last = stack.last { return last }
        if !isBlind { note(at, "finds too little on the stack") }
        return .unknown
    }

    private mutating func pushMark() {
        if marks.count >= Self.maximumStack { goBlind() }
        marks.append(stack.count)
    }

    /// POP takes a MARK where one is on top.
    private mutating func popOne() {
        if stack.count > fence { stack.removeLast() } else if !marks.isEmpty { marks.removeLast() }
    }

    private mutating func popToMark() { stack.removeLast(takeMark(position - 1)) }

    /// Takes the topmost MARK off and gives how many values stand above it.
    mutating func takeMark(_ at: Int) -> Int {
        if let mark = marks.popLast() { return stack.count - mark }
        if !isBlind { note(at, "finds no MARK") }
        return stack.count
    }

    private mutating func store(_ index: ScanMemo.Index, _ at: Int) {
        var value = top(at)
        if keepsMemo, value.kind == .text {
            // Its bytes go away with this message.
            let isLegacy = value.isLegacy
            value = log.keep(Array(text(of: value))) ?? .unknown
            value.isLegacy = isLegacy
        }
        memo.store(value, at: index)
    }

    private mutating func fetch(_ index: ScanMemo.Index, _ at: Int) {
        if let value = memo[index] { return push(value) }
        if memo.isIncomplete {
            note(at, "the memo has too many entries to follow")
        } else {
            note(at, "the memo has no such entry")
        }
        push(.unknown)
    }

    private mutating func storeAtLine(_ at: Int) -> Bool {
        guard let range = line() else { return false }
        if let index = ScanMemo.Index(line: bytes[range]) { store(index, at) } else { note(at, "has no memo index") }
        return true
    }

    private mutating func fetchFromLine(_ at: Int) -> Bool {
        guard let range = line() else { return false }
        guard let index = ScanMemo.Index(line: bytes[range]) else {
            note(at, "has no memo index")
            push(.unknown)
            return true
        }
        fetch(index, at)
        return true
    }

    /// Notes what cannot be followed.
    mutating func note(_ at: Int, _ reason: String) {
        hasProblem = true
        let code = at >= 0 && at < bytes.count ? bytes[at] : 0
        log.add(
            ScanFinding(
                offset: at, opcode: PickleOpcode.name(of: code), action: .problem, name: "(not followed)",
                verdict: .suspicious, reason: reason))
    }
}
