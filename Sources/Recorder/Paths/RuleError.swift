/// What is wrong with a rule; a sentence.
package struct RuleError: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String
    /// The line of the file, where that is known better than by the rule's own.
    package var line: Int

    package init(_ reason: String, line: Int = 0) {
        self.reason = reason
        self.line = line
    }

    package var description: String { reason }
}
