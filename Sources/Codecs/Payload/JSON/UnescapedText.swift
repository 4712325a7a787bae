/// The text inside a JSON string without its escapes, which knows where each part of it stands in the string.
package struct UnescapedText {
    /// The text, as `JSONString.unescape` gives it.
    package private(set) var bytes: [UInt8] = []
    /// For each escape where the text goes on behind it, and how much further on that is in the string.
    private var shifts: [(end: Int, shift: Int)] = []

    package init(_ inside: UnsafeRawBufferPointer) {
        bytes.reserveCapacity(inside.count)
        var position = 0
        while position < inside.count {
            var end = position
            while end < inside.count, inside[end] != UInt8(ascii: "\\") { end &+= 1 }
            bytes.append(contentsOf: inside[position..<end])
            guard end < inside.count else { break }
            position = end &+ JSONString.unescapeOne(inside, at: end, into: &bytes)
            shifts.append((bytes.count, position &- bytes.count))
        }
    }

    /// Where a range of the text stands in the string. It is to begin and end between characters.
    package func place(of range: Range<Int>) -> Range<Int> {
        range.lowerBound + shift(at: range.lowerBound)..<range.upperBound + shift(at: range.upperBound)
    }

    private func shift(at offset: Int) -> Int {
        // The last escape that ends at the offset or before.
        var (low, high) = (0, shifts.count)
        while low < high {
            let middle = (low + high) / 2
            if shifts[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : shifts[low - 1].shift
    }
}
