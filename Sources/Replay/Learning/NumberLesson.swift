/// The narrowest rule for numbers that differ from run to run.
struct NumberLesson {
    /// For each place the recorded number, then those of the runs in their order.
    private let places: [[SampleValue]]

    init(_ places: [[SampleValue]]) { self.places = places }

    /// A rule, what belongs to it, and why.
    var proposal: (text: String, reason: String) {
        let all = places.flatMap { $0 }
        let isMixed = Set(all.map(\.kind)).count > 1
        let type = isMixed ? "type numeric" : "type"
        if let unit = sinceEpoch(all.compactMap(\.number)) { return (type, "\(unit) since 1970") }
        if places.allSatisfy({ Self.grows($0.dropFirst().compactMap(\.number)) }) {
            return (type, "a counter or clock: it grew with every run")
        }
        if let percent = noise {
            return (isMixed ? "numeric tolerance \(percent)%" : "tolerance \(percent)%", "small noise")
        }
        return (type, "another number each time")
    }

    private func sinceEpoch(_ numbers: [Double]) -> String? {
        // From 2001 to 2033.
        for (scale, unit) in [(1.0, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")]
        where numbers.allSatisfy({ (1e9 * scale..<2e9 * scale).contains($0) }) { return unit }
        return nil
    }

    private static func grows(_ numbers: [Double]) -> Bool {
        numbers.count > 1 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Three times what was seen, as a round number of percent; nil where that is no small part.
    private var noise: Int? {
        var largest = 0.0
        for place in places {
            let numbers = place.compactMap(\.number)
            guard let recorded = numbers.first, abs(recorded) >= 1e-9,
                place.contains(where: { $0.kind == "float" }) || abs(recorded) >= 100
            else { return nil }
            largest = numbers.reduce(largest) { max($0, abs($1 - recorded) / abs(recorded)) }
        }
        guard largest > 0 else { return nil }
        return [1, 2, 5, 10, 20].first { Double($0) / 100 >= 3 * largest }
    }
}
