/// What is compared with what, as reports name the two sides of a difference.
package struct ReportedSides: Sendable, Hashable {
    /// Where what is expected comes from.
    package var expected: String
    /// Where what came instead comes from.
    package var actual: String

    /// A recording, and what a server answers now.
    package static let replay = ReportedSides(expected: "recorded", actual: "now")
    /// Two servers.
    package static let servers = ReportedSides(expected: "A", actual: "B")

    package init(expected: String, actual: String) {
        self.expected = expected
        self.actual = actual
    }

    /// Two files, by as much of their paths as tells them apart.
    package init(files expected: String, _ actual: String) {
        let ends = [expected, actual].map { $0.split(separator: "/", omittingEmptySubsequences: true) }
        let same = zip(ends[0].reversed(), ends[1].reversed()).prefix { $0 == $1 }.count
        let names = ends.map { $0.suffix(same + 1).joined(separator: "/") }
        self.init(expected: names[0], actual: names[1])
    }
}
