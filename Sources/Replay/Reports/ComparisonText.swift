internal import Recorder

/// What reports say of two servers that were compared.
enum ComparisonText {
    private static let maximumPlaces = 12

    static func lines(_ compared: ComparedServers) -> [String] {
        let (first, second) = (TerminalText.escaped(compared.first), TerminalText.escaped(compared.second))
        var lines = ["      A is \(first), B is \(second): what A answered is expected of B"]
        let noise = compared.noise
        guard !noise.isEmpty else { return lines }
        let more = noise.count > maximumPlaces ? " and \(noise.count - maximumPlaces) more" : ""
        let places = noise.prefix(maximumPlaces).map { TerminalText.escaped($0, limit: 60) }.joined(separator: ", ")
        lines.append("      differs between A's own runs, and was not compared: \(places)\(more)")
        return lines
    }
}
