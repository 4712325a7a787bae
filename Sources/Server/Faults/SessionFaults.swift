internal import Codecs
internal import Recorder

/// Decides for each answer of a session which faults it gets.
struct SessionFaults {
    /// What becomes of one answer.
    struct Verdict: Equatable {
        enum End: Equatable { case close, reset }

        /// How often it is sent.
        var copies = 1
        var delay = Duration.zero
        /// The byte of the frame that is changed, and the bits in it.
        var flipped: (offset: Int, bits: UInt8)?
        /// How many of its bytes are sent.
        var truncated: Int?
        var end: End?
        /// The rules that made it so.
        var rules: [String] = []

        /// Whether it is sent as it is.
        var isWhole: Bool { flipped == nil && truncated == nil }

        static func == (one: Verdict, other: Verdict) -> Bool {
            one.copies == other.copies && one.delay == other.delay && one.truncated == other.truncated
                && one.flipped?.offset == other.flipped?.offset && one.flipped?.bits == other.flipped?.bits
                && one.end == other.end && one.rules == other.rules
        }
    }

    private let rules: [FaultRule]
    private let format: any PayloadFormat
    private let limits: DecodingLimits
    private var random: FaultRandom
    private var count = 0

    /// - Parameter plan: which faults; its conditions count answers from here on.
    init(_ plan: FaultPlan, port: PortConfiguration, session: Int) {
        rules = plan.rules
        format = port.codec.payload
        limits = port.limits
        random = FaultRandom(seed: plan.seed, session: session)
    }

    /// What becomes of the next answer.
    ///
    /// - Parameter tree: what it reads as; nil: it is no message, so that no condition on its values holds.
    mutating func next(frameBytes: Int, payload: RawSpan, tree: ValueTree?) -> Verdict {
        count += 1
        var verdict = Verdict()
        for rule in rules where holds(rule.condition, payload, tree) {
            verdict.rules.append(rule.text)
            switch rule.action {
            case .drop: verdict.copies = 0
            case .duplicate: verdict.copies = min(verdict.copies, 1) * 2
            case .corrupt:
                guard frameBytes > 0 else { continue }
                verdict.flipped = (
                    Int.random(in: 0..<frameBytes, using: &random), 1 << UInt8.random(in: 0..<8, using: &random)
                )
            case .delay(let least, let most):
                let range = (most - least) / .microseconds(1)
                verdict.delay +=
                    least + .microseconds(range > 0 ? Int64(Double.random(in: 0...range, using: &random)) : 0)
            case .truncate(let bytes):
                verdict.truncated = min(bytes, frameBytes)
                verdict.end = verdict.end ?? .close
            case .close: verdict.end = .close
            case .reset: verdict.end = .reset
            }
        }
        return verdict
    }

    private mutating func holds(_ condition: FaultRule.Condition, _ payload: RawSpan, _ tree: ValueTree?) -> Bool {
        switch condition {
        case .always: true
        case .chance(let millionths): Int.random(in: 0..<1_000_000, using: &random) < millionths
        case .number(let number): count == number
        case .value(let path, let text): tree.flatMap { value(at: path, in: $0) }.map { reads($0, as: text) } ?? false
        case .text(let text): payload.withUnsafeBytes { Self.holds($0, Array(text.utf8)) }
        }
    }

    /// The value at a path of plain steps.
    private func value(at path: RulePath, in tree: ValueTree) -> Value? {
        path.steps.reduce(tree.root as Value?) { value, step in
            guard let value else { return nil }
            switch (step.selector, value.kind) {
            case (.member(let name), .map): return value.entries.first { $0.key.text == name }?.value
            case (.index(let index), .map): return value.entries.first { $0.key.int == Int64(index) }?.value
            case (.index(let index), .list), (.index(let index), .tuple):
                let place = index < 0 ? value.childCount + index : index
                return value.children.enumerated().first { $0.offset == place }?.element
            default: return nil
            }
        }
    }

    private func reads(_ value: Value, as text: String) -> Bool {
        if value.isText(text) { return true }
        var output = ByteWriter()
        do throws(PayloadError) {
            try format.writeText(of: value, limits: limits, into: &output)
            return output.string == text
        } catch {
            return false
        }
    }

    private static func holds(_ bytes: UnsafeRawBufferPointer, _ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        guard bytes.count >= text.count else { return false }
        for start in 0...bytes.count - text.count where bytes[start] == first {
            if bytes[start..<start + text.count].elementsEqual(text) { return true }
        }
        return false
    }
}
