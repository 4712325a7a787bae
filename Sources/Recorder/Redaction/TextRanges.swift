/// Ranges of a text that are replaced.
enum TextRanges {
    /// Sorted, with those that overlap or touch made one.
    static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        guard ranges.count > 1 else { return ranges }
        var merged: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = merged.last, range.lowerBound < last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// The text with each of the ranges, which are sorted and apart, replaced by what `replacement` gives.
    static func replacing(
        _ ranges: [Range<Int>], of text: UnsafeRawBufferPointer, _ replacement: (UnsafeRawBufferPointer) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        for range in ranges {
            result += text[position..<range.lowerBound]
            result += replacement(UnsafeRawBufferPointer(rebasing: text[range]))
            position = range.upperBound
        }
        result += text[position...]
        return result
    }
}
