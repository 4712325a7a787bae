/// Two texts compared for reading: lines in which what differs is marked.
struct TextComparison {
    /// A piece of a line that both texts have, or that only one has.
    struct Piece: Hashable {
        var text: ArraySlice<UInt8>
        var isMarked = false
    }

    enum Line: Hashable {
        /// Stands in both texts.
        case same(ArraySlice<UInt8>)
        /// Stands in the recorded text only.
        case removed([Piece])
        /// Stands in the present text only.
        case added([Piece])
        /// So many lines, the same in both, are not shown; the next one has this number in the recorded text.
        case skipped(Int, next: Int)
    }

    var lines: [Line] = []
    /// Only the beginning of what differs was compared.
    var isPartial = false

    /// How far texts are compared behind their first difference: beyond that nobody reads.
    static let maximumBytes = 1 << 18

    /// The bytes that both texts begin and end with.
    static func shared(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> (front: Int, back: Int) {
        let most = min(left.count, right.count)
        return left.withUnsafeBufferPointer { ours in
            right.withUnsafeBufferPointer { theirs in
                var front = 0
                while front < most, ours[front] == theirs[front] { front += 1 }
                var back = 0
                while back < most - front, ours[ours.count - 1 - back] == theirs[theirs.count - 1 - back] { back += 1 }
                return (front, back)
            }
        }
    }

    /// Numbers that equal pieces share.
    static func numbers(_ left: [ArraySlice<UInt8>], _ right: [ArraySlice<UInt8>]) -> (left: [Int], right: [Int]) {
        var known: [ArraySlice<UInt8>: Int] = [:]
        func number(_ piece: ArraySlice<UInt8>) -> Int {
            if let found = known[piece] { return found }
            known[piece] = known.count
            return known.count - 1
        }
        return (left.map(number), right.map(number))
    }
}
