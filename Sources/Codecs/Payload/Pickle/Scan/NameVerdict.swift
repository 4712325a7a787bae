/// How far a name that a pickle imports is to be trusted.
package enum NameVerdict: Int, Sendable, Comparable, CaseIterable {
    /// A plain data type of the standard library, or a name that the user allowed.
    case allowed
    /// Anything else: importing a module runs its code, and nobody knows what a call does.
    case suspicious
    /// Known to execute code, to reach files, processes or the network, or to get at something that does.
    case dangerous

    package static func < (left: NameVerdict, right: NameVerdict) -> Bool { left.rawValue < right.rawValue }

    /// The word that stands in reports.
    package var word: String {
        switch self {
        case .allowed: "allowed"
        case .suspicious: "suspicious"
        case .dangerous: "dangerous"
        }
    }
}
