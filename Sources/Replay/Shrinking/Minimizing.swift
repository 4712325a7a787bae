/// Finds a small part of a list for which something still holds: chunks are taken out, halved down to a size.
///
/// What a run takes out is what delta debugging takes out, complements only: the parts alone hold seldom, and each question
/// is the replay of a recording.
package enum Minimizing {
    /// The smallest part that is found: without any single one of its elements (with `smallestChunk` 1) it holds no more.
    ///
    /// - Parameters:
    ///   - elements: all of them together hold.
    ///   - smallestChunk: fewer are not taken out at once.
    ///   - holds: asked of parts, in order. What it throws ends the search.
    package static func minimize<Element>(
        _ elements: [Element], smallestChunk: Int = 1, holds: ([Element]) async throws -> Bool
    ) async throws -> [Element] {
        guard !elements.isEmpty else { return elements }
        if try await holds([]) { return [] }
        var kept = elements
        var chunk = max(kept.count / 2, 1)
        while kept.count > 1 {
            let before = kept.count
            // From the end: what stands behind a failure is seldom its cause.
            var end = kept.count
            while end > 0, kept.count > 1 {
                let start = max(end - chunk, 0)
                let rest = Array(kept[..<start] + kept[end...])
                // The empty part was asked for.
                if !rest.isEmpty, try await holds(rest) { kept = rest }
                end = start
            }
            if chunk > smallestChunk {
                chunk = max(min(chunk / 2, kept.count / 2), smallestChunk)
            } else if kept.count == before {
                break
            }
        }
        return kept
    }
}
