/// Changes of single messages in a recording; every other line stays as it is.
package struct RecordingAmendments: Sendable, Hashable {
    /// A message that is put in.
    package struct Insertion: Sendable, Hashable {
        package var session: Int
        package var message: RecordedMessage
        /// The line that it stands behind, or behind which it came; not behind the session's end in any case.
        package var line: Int

        package init(session: Int, message: RecordedMessage, behind line: Int) {
            self.session = session
            self.message = message
            self.line = line
        }
    }

    /// What stands in the place of messages, by line.
    package var changed: [Int: RecordedMessage] = [:]
    /// The lines of messages that are taken out.
    package var removed: Set<Int> = []
    package var inserted: [Insertion] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && removed.isEmpty && inserted.isEmpty }

    /// What is done, for a person: `2 lines changed, 1 added`.
    package var text: String {
        var parts: [String] = []
        if !changed.isEmpty { parts.append("\(changed.count.counting("line")) changed") }
        for (count, verb) in [(inserted.count, "added"), (removed.count, "removed")] where count > 0 {
            parts.append(parts.isEmpty ? "\(count.counting("line")) \(verb)" : "\(count) \(verb)")
        }
        return parts.joined(separator: ", ")
    }
}
