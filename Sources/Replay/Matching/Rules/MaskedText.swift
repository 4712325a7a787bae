/// What is left of a text of which parts were set aside.
struct MaskedText: Equatable {
    private var removed: [Range<Int>] = []
    /// What the ranges of fixed length took away.
    private var fixedCount = 0
    private var pieces: [[UInt8]] = []

    mutating func remove(_ range: Range<Int>, isFixed: Bool) {
        if isFixed { fixedCount += range.count }
        if !range.isEmpty { removed.append(range) }
    }

    /// The pieces as one text, with what is no part of any word where something stood.
    var joined: [UInt8] { Array(pieces.joined(separator: [UInt8(ascii: "\n")])) }

    /// Cuts the text into the pieces between what was removed.
    mutating func close(over text: [UInt8]) {
        var start = 0
        for range in removed.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if range.lowerBound >= start { pieces.append(Array(text[start..<range.lowerBound])) }
            start = max(start, range.upperBound)
        }
        pieces.append(Array(text[start...]))
        removed = []
    }
}
