/// The memo of a pickle under scan. The pure-Python unpickler takes indexes of any size.
struct ScanMemo {
    private var dense: [ScanValue?] = []
    private var far: [Index: ScanValue] = [:]
    /// Entries in all; MEMOIZE stores at this index.
    private(set) var count = 0
    /// Whether entries were left out because there were too many: what is fetched is unknown then.
    private(set) var isIncomplete = false

    /// Entries that are kept.
    private static let maximumEntries = 1 << 22

    enum Index: Hashable {
        case number(Int)
        /// Decimal digits, where they are too many for a number.
        case digits([UInt8])

        /// The index that a line of PUT or GET names: as Python's `int` reads it, up to a NUL as the C unpickler does.
        init?(line: ArraySlice<UInt8>) {
            func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
            var digits = line.prefix { $0 != 0 }
            digits = digits.drop(while: isBlank)
            while let last = digits.last, isBlank(last) { digits = digits.dropLast() }
            if digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
            if digits.first == UInt8(ascii: "-") {
                // Only zero may have a sign.
                guard digits.dropFirst().allSatisfy({ $0 == 48 || $0 == UInt8(ascii: "_") }) else { return nil }
                digits = digits.dropFirst()
            }
            guard !digits.isEmpty, digits.allSatisfy({ $0 &- 48 < 10 || $0 == UInt8(ascii: "_") }) else { return nil }
            let plain = digits.filter { $0 != UInt8(ascii: "_") }.drop { $0 == 48 }
            if plain.count > 18 {
                self = .digits(Array(plain))
            } else {
                self = .number(plain.reduce(0) { $0 &* 10 &+ Int($1 &- 48) })
            }
        }
    }

    subscript(index: Index) -> ScanValue? {
        if case .number(let number) = index, number < dense.count, let value = dense[number] { return value }
        return far[index]
    }

    mutating func store(_ value: ScanValue, at index: Index) {
        if case .number(let number) = index {
            if number < dense.count, far.isEmpty || far[index] == nil {
                if dense[number] == nil { count &+= 1 }
                dense[number] = value
                return
            }
            if number == dense.count, far.isEmpty, count < Self.maximumEntries {
                dense.append(value)
                count &+= 1
                return
            }
        }
        let isNew = far[index] == nil
        guard !isNew || count < Self.maximumEntries else {
            isIncomplete = true
            return
        }
        far[index] = value
        if isNew { count &+= 1 }
    }
}
