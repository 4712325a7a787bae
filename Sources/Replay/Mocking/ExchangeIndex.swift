internal import Recorder

/// Finds exchanges by what was asked: in a session, or in all of them.
struct ExchangeIndex<Content: Hashable> {
    struct Key: Hashable {
        /// Negative: any.
        var session: Int
        var content: Content
    }

    /// Before which place of each list all exchanges are used.
    typealias Cursors = [Key: Int]

    /// Of those with one content, how many are looked at.
    private static var maximumOffered: Int { 1_000 }

    private var lists: [Key: [Int]] = [:]

    mutating func add(_ exchange: Int, _ content: Content, session: Int) {
        lists[Key(session: session, content: content), default: []].append(exchange)
        lists[Key(session: -1, content: content), default: []].append(exchange)
    }

    /// The first that was not used yet, in the recorded order.
    ///
    /// - Parameter session: only of that one; nil: of any.
    func firstUnused(
        _ content: Content, session: Int?, _ cursors: inout Cursors, isUsed: (Int) -> Bool,
        where isWanted: (Int) -> Bool = { _ in true }
    ) -> Int? {
        let key = Key(session: session ?? -1, content: content)
        guard let list = lists[key] else { return nil }
        var next = cursors[key] ?? 0
        while next < list.count, isUsed(list[next]) { next += 1 }
        // Most are asked for once.
        if next > 0 { cursors[key] = next }
        var offered = 0
        for exchange in list[next...] where !isUsed(exchange) {
            if isWanted(exchange) { return exchange }
            offered += 1
            if offered == Self.maximumOffered { break }
        }
        return nil
    }

    /// The last one, used or not.
    func last(_ content: Content, session: Int?, where isWanted: (Int) -> Bool = { _ in true }) -> Int? {
        lists[Key(session: session ?? -1, content: content)]?.suffix(Self.maximumOffered).last(where: isWanted)
    }
}
