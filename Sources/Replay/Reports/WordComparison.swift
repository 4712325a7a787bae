/// Compares two texts of a line each, word by word.
struct WordComparison {
    private typealias Piece = TextComparison.Piece

    /// The pieces of both texts, with the words marked that differ; nil where they have too little in common for that to
    /// read better than the two texts alone.
    static func pieces(
        _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>
    ) -> (left: [TextComparison.Piece], right: [TextComparison.Piece])? {
        var (front, back) = TextComparison.shared(left, right)
        // The words at the borders are compared as wholes.
        while front > 0, isInsideWord(left, front) || isInsideWord(right, front) { front -= 1 }
        while back > 0, isInsideWord(left, left.count - back) || isInsideWord(right, right.count - back) { back -= 1 }
        let middles = (left.dropFirst(front).dropLast(back), right.dropFirst(front).dropLast(back))
        guard max(middles.0.count, middles.1.count) <= TextComparison.maximumBytes else {
            return (
                joined(left.prefix(front), [Piece(text: middles.0, isMarked: true)], left.suffix(back)),
                joined(right.prefix(front), [Piece(text: middles.1, isMarked: true)], right.suffix(back))
            )
        }
        let (ours, theirs) = (words(middles.0), words(middles.1))
        let numbers = TextComparison.numbers(ours, theirs)
        let matches = SequenceDiff.matches(numbers.left, numbers.right)
        var isOurs = [Bool](repeating: true, count: ours.count)
        var isTheirs = [Bool](repeating: true, count: theirs.count)
        for match in matches { (isOurs[match.left], isTheirs[match.right]) = (false, false) }
        markSeparators(matches, ours, &isOurs, &isTheirs)
        let shared = zip(ours, isOurs).reduce(front + back) { $0 + ($1.1 ? 0 : $1.0.count) }
        guard 3 * shared >= max(left.count, right.count) else { return nil }
        let runs = runs(ours, isOurs, theirs, isTheirs)
        return (
            joined(left.prefix(front), runs.left, left.suffix(back)),
            joined(right.prefix(front), runs.right, right.suffix(back))
        )
    }

    /// A space or a comma alone between two words that differ holds them apart for no reader.
    private static func markSeparators(
        _ matches: [SequenceDiff.Match], _ ours: [ArraySlice<UInt8>], _ isOurs: inout [Bool], _ isTheirs: inout [Bool]
    ) {
        for match in matches {
            guard ours[match.left].count == 1, let byte = ours[match.left].first, !isWordByte(byte) else { continue }
            func isAmong(_ marks: [Bool], _ place: Int) -> Bool {
                place > 0 && place < marks.count - 1 && marks[place - 1] && marks[place + 1]
            }
            if isAmong(isOurs, match.left), isAmong(isTheirs, match.right) {
                (isOurs[match.left], isTheirs[match.right]) = (true, true)
            }
        }
    }

    /// Words that belong together as pieces, as many on both sides: where one has nothing, its piece is empty.
    private static func runs(
        _ ours: [ArraySlice<UInt8>], _ isOurs: [Bool], _ theirs: [ArraySlice<UInt8>], _ isTheirs: [Bool]
    ) -> (left: [TextComparison.Piece], right: [TextComparison.Piece]) {
        var result: (left: [Piece], right: [Piece]) = ([], [])
        var (i, j) = (0, 0)
        func take(_ words: [ArraySlice<UInt8>], from index: inout Int, while condition: (Int) -> Bool) -> ArraySlice<
            UInt8
        > {
            var run: ArraySlice<UInt8> = []
            while index < words.count, condition(index) {
                run += words[index]
                index += 1
            }
            return run
        }
        while i < ours.count || j < theirs.count {
            let isMarked = i < ours.count && isOurs[i] || j < theirs.count && isTheirs[j]
            result.left.append(
                Piece(text: take(ours, from: &i) { isOurs[$0] == isMarked }, isMarked: isMarked))
            result.right.append(
                Piece(text: take(theirs, from: &j) { isTheirs[$0] == isMarked }, isMarked: isMarked))
        }
        return result
    }

    private static func joined(
        _ front: ArraySlice<UInt8>, _ middle: [TextComparison.Piece], _ back: ArraySlice<UInt8>
    ) -> [TextComparison.Piece] {
        var result = middle
        if let first = result.first, !first.isMarked {
            result[0].text = front + first.text
        } else if !front.isEmpty {
            result.insert(Piece(text: front), at: 0)
        }
        if let last = result.last, !last.isMarked {
            result[result.count - 1].text = last.text + back
        } else if !back.isEmpty {
            result.append(Piece(text: back))
        }
        return result
    }

    // MARK: Words

    /// Runs of letters and digits, and every other character for itself.
    private static func words(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        while start < text.endIndex {
            var end = start + 1
            // A backslash belongs to what it escapes.
            if text[start] == UInt8(ascii: "\\"), end < text.endIndex { end += 1 }
            if isWordByte(text[start]) { while end < text.endIndex, isWordByte(text[end]) { end += 1 } }
            result.append(text[start..<end])
            start = end
        }
        return result
    }

    private static func isInsideWord(_ text: ArraySlice<UInt8>, _ offset: Int) -> Bool {
        guard offset > 0, offset < text.count else { return false }
        let (before, after) = (text[text.startIndex + offset - 1], text[text.startIndex + offset])
        return isWordByte(before) && isWordByte(after) || before == UInt8(ascii: "\\")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte > 127 || byte == UInt8(ascii: "_")
    }
}
