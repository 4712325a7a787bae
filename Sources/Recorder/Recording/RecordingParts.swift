/// The files of one recording that its recorder rotated, as far as they are given: sessions go on from each of them in the next.
package struct RecordingParts: Sendable, Hashable {
    package var first: String
    /// Those that go on from it, in their order.
    package var later: [String]

    package init(first: String, later: [String] = []) {
        self.first = first
        self.later = later
    }

    /// All of them, in their order.
    package var paths: [String] { [first] + later }

    /// Finds those that belong together among recordings, in whatever order they are. Each stands where the first of its files did;
    /// a file that begins with no session of the one before is a recording by itself.
    package static func found(in paths: [String]) -> [RecordingParts] {
        var members: [String: [(number: Int, place: Int)]] = [:]
        for (place, path) in paths.enumerated() {
            let (series, number) = RecordingName.series(of: path)
            members[series, default: []].append((number, place))
        }
        var found: [(place: Int, parts: RecordingParts)] = []
        for series in members.values {
            var last = 0
            for member in series.sorted(by: { ($0.number, $0.place) < ($1.number, $1.place) }) {
                let path = paths[member.place]
                if last > 0, member.number > last, goesOn(path) {
                    found[found.count - 1].parts.later.append(path)
                    found[found.count - 1].place = min(found[found.count - 1].place, member.place)
                } else {
                    found.append((member.place, RecordingParts(first: path)))
                }
                last = member.number
            }
        }
        return found.sorted { $0.place < $1.place }.map(\.parts)
    }

    /// Whether a recording begins with a session of an earlier file.
    private static func goesOn(_ path: String) -> Bool {
        guard let reader = try? RecordingReader(path: path), let event = try? reader.next(),
            case .opened(let opening) = event.kind
        else { return false }
        return opening.isContinued
    }
}
