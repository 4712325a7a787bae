/// What a scan found.
package struct ScanReport: Sendable, Hashable {
    /// In the order in which they were met, each thing once per pickle.
    package var findings: [ScanFinding]
    /// How many more there are that are not listed.
    package var unlisted: Int
    /// The worst of all, the unlisted ones too.
    package var verdict: NameVerdict
    /// How many pickles were followed, those in constants not counted.
    package var pickles: Int

    package init(findings: [ScanFinding], unlisted: Int, verdict: NameVerdict, pickles: Int) {
        self.findings = findings
        self.unlisted = unlisted
        self.verdict = verdict
        self.pickles = pickles
    }

    /// The report on something that could not be scanned at all.
    package init(problem: String) {
        self.init(
            findings: [
                ScanFinding(
                    offset: 0, opcode: "", action: .problem, name: "(not followed)", verdict: .suspicious,
                    reason: problem)
            ], unlisted: 0, verdict: .suspicious, pickles: 0)
    }

    /// Adds the report on what follows.
    package mutating func add(_ other: ScanReport) {
        findings += other.findings
        unlisted += other.unlisted
        verdict = max(verdict, other.verdict)
        pickles += other.pickles
    }
}
