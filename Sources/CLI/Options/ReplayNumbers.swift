/// How fast recorded pauses pass: `1`, `2.5`.
struct SpeedFactor: Equatable {
    let factor: Double

    static func parse(_ text: String) throws(UsageFault) -> SpeedFactor {
        guard let factor = Double(text), factor.isFinite, factor > 0 else {
            throw UsageFault(
                "\"\(text)\" is no speed: it is a number above 0, such as 1 for the recorded pauses, or 2 for half of them"
            )
        }
        return SpeedFactor(factor: factor)
    }
}

/// How many recordings are replayed at the same time: `4`, or `auto` for one per processor.
struct JobCount: Equatable {
    let count: Int

    static func parse(_ text: String) throws(UsageFault) -> JobCount {
        if text == "auto" { return JobCount(count: ServerRun.usableCores) }
        guard let count = Int(text), (1...256).contains(count) else {
            throw UsageFault("\"\(text)\" is no number of jobs: it is from 1 to 256, or auto for one per processor")
        }
        return JobCount(count: count)
    }
}
