/// What is known of identifiers, which are many: a table of their hashes with a few marks each, eight bytes a place.
///
/// ```
/// bits 63-4          3           2            1               0
/// hash               returned    sent first   issued inside   issued
/// ```
///
/// A place without a mark is free. A key is looked for from the place that its upper bits say onwards, until a free one; at
/// most three quarters of the places are taken.
struct IdentifierMarks: Sendable {
    struct Mark: OptionSet, Sendable {
        let rawValue: UInt64

        /// The server said it.
        static let issued = Mark(rawValue: 1)
        /// The server said it as a part of a longer word.
        static let issuedInside = Mark(rawValue: 2)
        /// A client said it before the server did.
        static let sentFirst = Mark(rawValue: 4)
        /// A client sent back what the server had said.
        static let returned = Mark(rawValue: 8)
    }

    private static let allMarks: UInt64 = 15

    /// A power of two of places.
    private var places: [UInt64] = []
    private var taken = 0
    /// How many have each mark, in the order of the bits.
    private var counts = (0, 0, 0, 0)

    var isEmpty: Bool { taken == 0 }

    /// What is known of a key.
    subscript(key: UInt64) -> Mark {
        guard !places.isEmpty else { return [] }
        return Mark(rawValue: places[place(of: key)] & Self.allMarks)
    }

    /// How many keys have a mark.
    func count(of mark: Mark) -> Int {
        switch mark {
        case .issued: counts.0
        case .issuedInside: counts.1
        case .sentFirst: counts.2
        default: counts.3
        }
    }

    /// Adds one mark to a key.
    mutating func mark(_ key: UInt64, _ mark: Mark) {
        if (taken + 1) * 4 > places.count * 3 { grow(to: max(places.count * 2, 64)) }
        let place = place(of: key)
        if places[place] == 0 {
            places[place] = key & ~Self.allMarks
            taken += 1
        }
        guard places[place] & mark.rawValue == 0 else { return }
        places[place] |= mark.rawValue
        switch mark {
        case .issued: counts.0 += 1
        case .issuedInside: counts.1 += 1
        case .sentFirst: counts.2 += 1
        default: counts.3 += 1
        }
    }

    /// Only those that have a mark.
    func having(_ mark: Mark) -> IdentifierMarks {
        var kept = IdentifierMarks()
        for entry in places where entry & mark.rawValue != 0 { kept.mark(entry, mark) }
        return kept
    }

    /// Takes all that have a mark of others.
    mutating func formUnion(_ other: IdentifierMarks) {
        for entry in other.places where entry != 0 {
            for bit in [Mark.issued, .issuedInside, .sentFirst, .returned] where entry & bit.rawValue != 0 {
                mark(entry, bit)
            }
        }
    }

    /// Where a key stands, or else the free place for it.
    private func place(of key: UInt64) -> Int {
        let mask = places.count - 1
        // Far from the bits of the marks.
        var place = Int(truncatingIfNeeded: key >> 24) & mask
        while places[place] != 0, (places[place] ^ key) & ~Self.allMarks != 0 { place = (place + 1) & mask }
        return place
    }

    private mutating func grow(to count: Int) {
        let before = places
        places = [UInt64](repeating: 0, count: count)
        for entry in before where entry != 0 { places[place(of: entry)] = entry }
    }
}
