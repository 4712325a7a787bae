/// What a scan has found so far, and the names and texts that its values refer to.
struct ScanLog {
    /// A name that was imported, with what the policy says of it.
    struct Name {
        var module: String
        var name: String
        var judgement: NamePolicy.Judgement
    }

    private struct NameKey: Hashable {
        var module: String
        var name: String
        var isMapped: Bool
    }

    private struct FindingKey: Hashable {
        var action: ScanFinding.Action
        var opcode: String
        var nesting: Int
        var name: String
        var reason: String
    }

    let policy: NamePolicy
    private(set) var findings: [ScanFinding] = []
    /// Different findings that are not listed since there are too many.
    private(set) var unlisted = 0
    private(set) var verdict = NameVerdict.allowed
    private(set) var names: [Name] = []
    private(set) var texts: [[UInt8]] = []
    private var textBytes = 0
    private var nameIndexes: [NameKey: Int] = [:]
    private var findingIndexes: [FindingKey: Int] = [:]
    /// How deep in constants the pickle stands that is scanned, and the offset that its findings get where its bytes do not
    /// stand in what was given.
    var nesting = 0
    var fixedOffset: Int?
    /// Findings before this index were counted when the same pickle was run with another memo.
    var repeated = 0

    /// Findings that are listed.
    private static let maximumFindings = 1 << 17
    /// Bytes of texts that are kept.
    private static let maximumTextBytes = 128 << 20

    init(policy: NamePolicy) { self.policy = policy }

    /// The index of a name.
    mutating func index(module: String, name: String, protocolVersion: Int) -> Int {
        let key = NameKey(module: module, name: name, isMapped: protocolVersion < 3)
        if let index = nameIndexes[key] { return index }
        let judgement = policy.judge(module: module, name: name, protocolVersion: protocolVersion)
        names.append(Name(module: module, name: name, judgement: judgement))
        nameIndexes[key] = names.count - 1
        return names.count - 1
    }

    /// Keeps a text; nil where too much is kept already.
    mutating func keep(_ text: [UInt8]) -> ScanValue? {
        guard textBytes &+ text.count <= Self.maximumTextBytes else { return nil }
        textBytes &+= text.count
        texts.append(text)
        return ScanValue(kind: .keptText, offset: texts.count - 1)
    }

    mutating func add(_ finding: ScanFinding) {
        var finding = finding
        finding.nesting = nesting
        if let fixedOffset { finding.offset = fixedOffset }
        insert(finding)
    }

    private mutating func insert(_ finding: ScanFinding) {
        verdict = max(verdict, finding.verdict)
        let key = FindingKey(
            action: finding.action, opcode: finding.opcode, nesting: finding.nesting, name: finding.fullName,
            reason: finding.reason)
        if let index = findingIndexes[key] {
            if index >= repeated { findings[index].count &+= finding.count }
            return
        }
        guard findings.count < Self.maximumFindings else {
            unlisted &+= 1
            return
        }
        findingIndexes[key] = findings.count
        findings.append(finding)
    }

    /// Takes over what a trial found. Values do not move from one log to the other.
    mutating func merge(_ other: ScanLog) {
        for finding in other.findings { insert(finding) }
        unlisted &+= other.unlisted
        verdict = max(verdict, other.verdict)
    }

    /// What is found from here on is found again: only what is new counts.
    mutating func beginRepetition() { repeated = findings.count }
    mutating func endRepetition() { repeated = 0 }

    /// Forgets the findings, not the names and texts that a shared memo may refer to.
    mutating func takeFindings() -> (findings: [ScanFinding], unlisted: Int, verdict: NameVerdict) {
        defer {
            findings = []
            findingIndexes = [:]
            unlisted = 0
            verdict = .allowed
        }
        return (findings, unlisted, verdict)
    }
}
