/// Numbers as JSON writes them.
enum JSONNumber {
    /// Whether two texts are the same number: integers by their digits, others by value. An integer and a number with a
    /// point or an exponent differ.
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        if left.elementsEqual(right) { return true }
        guard !isInteger(left), !isInteger(right),
            let first = Double(String(decoding: left, as: UTF8.self)),
            let second = Double(String(decoding: right, as: UTF8.self))
        else { return false }
        return first == second && first.isFinite
    }

    static func isInteger(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
