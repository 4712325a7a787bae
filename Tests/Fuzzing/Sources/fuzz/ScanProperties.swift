import Codecs

/// What must hold for a scan of any bytes: it says the same twice, and it names all that the reader finds in them.
enum ScanProperties {
    static func check(_ bytes: CaseBytes) throws(PropertyFailure) {
        let report = scan(bytes.array)
        try require(scan(bytes.array) == report, "a scan says something else the second time")
        try require(
            report.findings.map(\.verdict).max() ?? .allowed <= report.verdict,
            "a finding is worse than the verdict on all")
        for finding in report.findings {
            try require(
                (0...bytes.count).contains(finding.offset) && finding.count > 0,
                "a finding stands outside of the bytes",
                "\(finding)")
        }
        try checkStream(bytes, report)
        try checkMessages(bytes, report)
    }

    static func scan(_ bytes: [UInt8]) -> ScanReport {
        var scanner = PickleScanner()
        return scanner.scanFile(bytes)
    }

    // MARK: The reader

    /// What a reader finds in each of the pickles that follow each other must be named.
    private static func checkStream(_ bytes: CaseBytes, _ report: ScanReport) throws(PropertyFailure) {
        let tree = ValueTree()
        let names = Set(report.findings.filter { $0.action == .importing }.map(\.fullName))
        var start = 0
        while start < bytes.count {
            let end: Int
            do throws(PayloadError) {
                end = try PickleReader.read(
                    bytes.span.extracting(start..<bytes.count), into: tree, limits: DecodingLimits())
            } catch {
                // What does not read may be worth a warning all the same; a whole pickle is what can be compared.
                return
            }
            // Names of Python 2 are judged by the protocol where they stand; a warning goes by the last one.
            try checkTree(tree, report, names, isJudged: !changesProtocol(bytes.array[start..<start + end]))
            start += end
        }
    }

    private static func checkTree(
        _ tree: ValueTree, _ report: ScanReport, _ names: Set<String>, isJudged: Bool
    ) throws(PropertyFailure) {
        guard tree.hasObjects else { return }
        if isJudged, let worst = PickleScanner.worstName(in: tree, policy: NamePolicy()) {
            try require(
                report.verdict >= worst.verdict, "a message's warning is worse than the scan",
                "\(worst.name), \(worst.verdict): \(report)")
        }
        guard report.unlisted == 0 else { return }
        for index in 0..<UInt32(truncatingIfNeeded: tree.nodeCount) {
            let value = Value(tree: tree, index: index)
            switch value.kind {
            case .global:
                let readings = readings(of: value)
                try require(
                    readings.isEmpty ? hasComputedName(report) : readings.allSatisfy(names.contains),
                    "a name that the reader finds is not named", "\(readings), named: \(names.sorted())")
            case .extensionCode: try requireFinding(.extensionCode, "EXT", report)
            case .persistent: try requireFinding(.persistentID, "a persistent id", report)
            case .call, .instance, .classInstance: try requireFinding(.call, "a call", report)
            case .newObject, .newObjectWithKeywords: try requireFinding(.newObject, "a new object", report)
            default: break
            }
        }
    }

    private static func changesProtocol(_ pickle: ArraySlice<UInt8>) -> Bool {
        PickleMutator.split(Array(pickle)).dropFirst().contains { $0.first == PickleOpcode.proto }
    }

    /// What a global's names may be; none where they are computed.
    private static func readings(of global: Value) -> [String] {
        let parts = Array(global.children.prefix(2))
        guard parts.count == 2 else { return [] }
        var names = [""]
        for (part, separator) in zip(parts, [":", ""]) {
            var texts: [String] = []
            switch part.kind {
            case .string: texts = part.string.map { [$0] } ?? []
            case .legacyString:
                let content = Array(part.content)
                texts = [String(decoding: content, as: UTF8.self)]
                if content.contains(where: { $0 >= 0x80 }) {
                    texts.append(String(String.UnicodeScalarView(content.map { UnicodeScalar($0) })))
                }
            default: return []
            }
            names = names.flatMap { name in texts.map { name + $0 + separator } }
        }
        // Without a module the name stands alone.
        return names.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
    }

    private static func hasComputedName(_ report: ScanReport) -> Bool {
        report.findings.contains { $0.action == .importing && $0.verdict == .dangerous }
    }

    private static func requireFinding(
        _ action: ScanFinding.Action, _ what: String, _ report: ScanReport
    ) throws(PropertyFailure) {
        try require(
            report.findings.contains { $0.action == action || $0.action == .problem },
            "what the reader finds is not told of", "\(what): \(report)")
    }

    // MARK: Messages

    /// Message by message, with a memo that goes on, nothing is overlooked that is found in the pickles as a file.
    private static func checkMessages(_ bytes: CaseBytes, _ report: ScanReport) throws(PropertyFailure) {
        var scanner = PickleScanner()
        let whole = scanner.scanMessage(bytes.array)
        try require(
            whole.verdict == report.verdict, "a message is judged otherwise than a file",
            "\(whole.verdict), \(report.verdict)")
        // Of several pickles in one message the later ones are run with another memo the second time.
        guard report.pickles <= 1 else { return }
        let again = scanner.scanMessage(bytes.array)
        try require(
            again.verdict >= report.verdict, "a second message is judged better than the first",
            "\(again.verdict), \(report.verdict): \(report.findings.filter { $0.verdict == report.verdict })")
    }
}
