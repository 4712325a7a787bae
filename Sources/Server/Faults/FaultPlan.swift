/// What is done wrong with the answers of a port, so that clients are tried. It may change while the server runs.
package struct FaultPlan: Sendable, Hashable {
    package var rules: [FaultRule]
    /// The same seed gives the same faults.
    package var seed: UInt64

    package init(rules: [FaultRule] = [], seed: UInt64 = 0) {
        self.rules = rules
        self.seed = seed
    }
}
