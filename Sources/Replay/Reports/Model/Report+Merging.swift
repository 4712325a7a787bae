// Reports of shards, put together.
extension Report {
    /// Several reports as one, with the recordings in the order of their paths, as one run of them all would have had them.
    ///
    /// Of shards each is wanted once: one that stands there twice is a fault, and those that are lacking are told in
    /// `missing`. Once all of them are there the report is one of no shard.
    package static func merged(
        _ reports: [(name: String, report: Report)]
    ) throws(ReportMergeFault) -> (report: Report, missing: [Shard]) {
        let missing = try check(reports)
        let parts = reports.map(\.report)
        var merged = Report(tool: parts.first?.tool ?? "", started: parts.map(\.started).min() ?? "")
        merged.duration = parts.map(\.duration).max() ?? 0
        merged.isInterrupted = parts.contains(where: \.isInterrupted)
        if !missing.isEmpty { merged.shards = parts.flatMap(\.shards).sorted { $0.number < $1.number } }
        merged.recordings = parts.flatMap(\.recordings).enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.path != other.path { return one.path.utf8.lexicographicallyPrecedes(other.path.utf8) }
            return (one.repetition ?? 0, left.offset) < (other.repetition ?? 0, right.offset)
        }.map(\.element)
        for use in parts.flatMap(\.rules) { merged.note(use) }
        return (merged, missing)
    }

    private static func check(_ reports: [(name: String, report: Report)]) throws(ReportMergeFault) -> [Shard] {
        var names: [Shard: String] = [:]
        for (name, report) in reports {
            for shard in report.shards {
                if let other = names.keys.first(where: { $0.count != shard.count }) {
                    throw ReportMergeFault(
                        description: "\(name) is shard \(shard), but \(names[other] ?? "") is shard \(other): "
                            + "they are of different runs")
                }
                if let other = names.updateValue(name, forKey: shard) {
                    throw ReportMergeFault(description: "\(other) and \(name) are both shard \(shard)")
                }
            }
        }
        guard let count = names.keys.first?.count else { return [] }
        return (1...count).compactMap { Shard($0, of: count) }.filter { names[$0] == nil }
    }
}

/// Why reports cannot be put together.
package struct ReportMergeFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}
