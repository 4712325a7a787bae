/// Looks for secrets that were left in, where that is asked for.
struct SecretCheck: LineCheck {
    private var search = SecretSearch(header: RecordingHeader(created: "", tool: "", ports: []))

    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        var event = line.event
        event.line = line.number
        for finding in search.findings(in: event, of: line.value) {
            try tell(
                CheckFinding(
                    .secret, line: finding.line,
                    "\(finding.path) looks like a secret (\(finding.kind)): \(finding.masked)",
                    advice: finding.isKnownToDefaults
                        ? "tapedeck scrub takes it out"
                        : "tapedeck scrub takes it out with a rule of its own, --redact key=, path= or regex="))
        }
    }
}
