/// One part of the program under test: what it is fed, and what must hold for any bytes.
struct Fuzzer: Sendable {
    /// How a case is changed besides the ways that suit any bytes.
    enum Dialect: Sendable {
        case bytes
        case pickle
        case json
        case notation
    }

    /// A word without `-` and `/`; files of failing cases begin with it.
    let name: String
    /// Its share of the time.
    let weight: Int
    let dialect: Dialect
    let seeds: @Sendable (SeedLibrary) -> [[UInt8]]
    /// Throws where a property does not hold. What it does depends on the bytes alone.
    let check: @Sendable (CaseBytes) throws(PropertyFailure) -> Void
}

/// A property that does not hold for a case.
struct PropertyFailure: Error {
    /// A few words that are the same for every case of the same kind.
    let property: String
    let detail: String

    init(_ property: String, _ detail: String = "") {
        self.property = property
        self.detail = detail
    }
}

/// Fails unless the condition holds.
func require(_ holds: Bool, _ property: String, _ detail: @autoclosure () -> String = "") throws(PropertyFailure) {
    if !holds { throw PropertyFailure(property, detail()) }
}
