/// A rule about what an answer may be, as plain data: what stands in a recording's header or in a file of rules. Replay makes
/// rules of them.
package struct RuleItem: Sendable, Hashable {
    /// What a key of a rule holds.
    package enum Scalar: Sendable, Hashable {
        case text(String)
        /// A number's text.
        case number(String)
        case flag(Bool)
        /// A list, a map, or nothing.
        case other
    }

    /// A key and what it holds.
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: Scalar
        /// The line that it stands in; 0 where there is none.
        package var line: Int

        package init(key: String, value: Scalar, line: Int = 0) {
            self.key = key
            self.value = value
            self.line = line
        }
    }

    /// The keys, in their order.
    package var members: [Member]
    /// The line that it begins in; 0 where there is none.
    package var line: Int

    package init(members: [Member], line: Int = 0) {
        self.members = members
        self.line = line
    }
}
