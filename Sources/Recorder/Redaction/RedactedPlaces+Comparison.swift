extension RedactedPlaces {
    /// Whether a text may stand where another was recorded of which parts were replaced: what was not replaced is there, in its
    /// order, with anything between.
    package func allow(_ actual: [UInt8], recorded: [UInt8], at path: String) -> Bool {
        if covers(path) { return true }
        let ranges = TextRanges.merged(replaced(at: path)).filter { $0.upperBound <= recorded.count }
        guard let first = ranges.first, let last = ranges.last else { return false }
        let (front, back) = (recorded[..<first.lowerBound], recorded[last.upperBound...])
        guard actual.count >= front.count + back.count, actual.starts(with: front),
            actual.suffix(back.count).elementsEqual(back)
        else { return false }
        var rest = actual[front.count..<actual.count - back.count]
        for (one, next) in zip(ranges, ranges.dropFirst()) {
            let kept = recorded[one.upperBound..<next.lowerBound]
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: kept) }) else { return false }
            rest = rest[(start + kept.count)...]
        }
        return true
    }
}
