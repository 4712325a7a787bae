/// The texts and numbers of a request that its answers repeat, with how often they stand in the request.
struct Repetition {
    private let counts: [ShrinkableValue: Int]

    init(of request: ShrinkableValue, in answers: [ShrinkableValue]) {
        let answered = Set(answers.flatMap(\.scalars))
        let texts = answers.flatMap(\.strings)
        let repeated = request.scalars.filter { scalar in
            if case .string(let text) = scalar { return !text.isEmpty && texts.contains { $0.contains(text) } }
            return answered.contains(scalar)
        }
        counts = repeated.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Whether a request still says all of it.
    func stands(in request: ShrinkableValue) -> Bool {
        guard !counts.isEmpty else { return true }
        let present = request.scalars.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return counts.allSatisfy { present[$0.key, default: 0] >= $0.value }
    }
}
