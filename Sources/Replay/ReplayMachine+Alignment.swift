internal import Recorder

// Finding out whether a message that differs is another one's: a later one, since some are missing, or one too many.
extension ReplayMachine {
    /// How far a burst of messages that are missing or extra may reach.
    private static let farReach = 256
    /// Messages behind a distant match that must match as well, where they have come: alike ones would do by chance.
    private static let witnesses = 3
    /// Bytes of messages that one search for a distant match compares.
    private static let maximumSearchedBytes = 16 << 20
    /// How often distant matches are looked for in vain.
    private static let maximumVainSearches = 20

    enum Alignment {
        /// So many of the expected messages and of those that came stand before two that are the same.
        case match(expected: Int, received: Int)
        /// What comes next will tell.
        case unclear
        case none
    }

    /// What the first message that came is, if not the first expected one.
    mutating func alignment(_ number: Int, _ matcher: MessageMatcher) throws -> Alignment {
        // What is looked at first has been: only a long burst takes this long.
        if let until = holds[number], now < until, let session = sessions[number], session.serverEnd == nil,
            session.received.count > Self.reach + 1, !hasComeFar(number)
        {
            return .unclear
        }
        if let place = try nextMatch(number, matcher) {
            // Has one overtaken the others, or did those not come at all?
            let isOvertaken = place.received == 0 && place.expected > 1
            if isOvertaken, (sessions[number]?.received.count ?? 0) < Self.witnesses, waitsForMore(number) {
                return .unclear
            }
            return .match(expected: place.expected, received: place.received)
        }
        if waitsForMore(number) { return .unclear }
        guard vainSearches < Self.maximumVainSearches else { return .none }
        if let place = try farMatch(number, matcher) {
            return .match(expected: place.expected, received: place.received)
        }
        vainSearches += 1
        return .none
    }

    /// Whether so many have come that a burst of extra ones would be over.
    func hasComeFar(_ number: Int) -> Bool { (sessions[number]?.received.count ?? 0) > Self.farReach }

    /// Where the first message of one side stands on the other, further away than `nextMatch` looks.
    private mutating func farMatch(
        _ number: Int, _ matcher: MessageMatcher
    ) throws -> (expected: Int, received: Int)? {
        guard let session = sessions[number] else { return nil }
        let received = Array(session.received.prefix(Self.farReach + Self.witnesses))
        var recorded: [RecordedMessage] = []
        var expected: [RecordedMessage] = []
        for expectation in session.expectations.prefix(Self.farReach + Self.witnesses) {
            guard case .message(let message) = expectation.kind else { break }
            recorded.append(message)
            expected.append(matcher.current(message, &correlation))
        }
        var room = Self.maximumSearchedBytes
        func matches(_ i: Int, _ j: Int) throws -> Bool {
            for witness in 0..<Self.witnesses where i + witness < expected.count && j + witness < received.count {
                let difference = try matcher.comparison(
                    expected: expected[i + witness], recorded: recorded[i + witness], actual: received[j + witness],
                    correlation
                ).difference
                room -= expected[i + witness].text.count + received[j + witness].wire.count
                if difference != nil { return false }
            }
            return true
        }
        for distance in 1..<max(expected.count, received.count, 2) where room > 0 {
            if distance < expected.count, try matches(distance, 0) { return (distance, 0) }
            if distance < received.count, try matches(0, distance) { return (0, distance) }
        }
        return nil
    }
}
