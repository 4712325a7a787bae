/// Numbers that mostly stand close together, sixty-four of them in a word: a million sessions take a quarter of a megabyte.
package struct NumberSet: Sendable {
    private var words: [Int: UInt64] = [:]

    package init() {}

    package func contains(_ number: Int) -> Bool { (words[number >> 6] ?? 0) & Self.bit(number) != 0 }

    package mutating func insert(_ number: Int) { words[number >> 6, default: 0] |= Self.bit(number) }

    private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(number & 63) }
}
