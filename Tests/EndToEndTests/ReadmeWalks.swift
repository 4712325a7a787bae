import Foundation

/// A section of a Markdown page as what its reader does: commands behind `$ `, files to write, and Ctrl-C where the text says so.
struct ReadmeWalks {
    enum Step: Equatable {
        /// A command, and the lines that the page shows below it; none where it shows nothing.
        case run(String, shows: [String])
        /// A block of YAML, whose first line names the file: `# tapes/tapedeck.yaml`.
        case write(String, text: String)
        /// Whatever still runs is ended.
        case interrupt
    }

    /// What there is to do in the section with that heading.
    static func steps(in page: String, under heading: String) -> [Step] {
        var steps: [Step] = []
        var block: (language: String, lines: [String])?
        for line in section(of: page, heading) {
            if line.hasPrefix("```") {
                steps += block.map { self.steps(ofBlock: $0.lines, in: $0.language) } ?? []
                block = block == nil ? (String(line.dropFirst(3)), []) : nil
            } else if block != nil {
                block?.lines.append(line)
            } else if line.contains("Ctrl-C") {
                steps.append(.interrupt)
            }
        }
        return steps
    }

    private static func section(of page: String, _ heading: String) -> [String] {
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.firstIndex(of: heading) else { return [] }
        let level = heading.prefix { $0 == "#" }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix(level + " ") })
    }

    private static func steps(ofBlock lines: [String], in language: String) -> [Step] {
        if language == "yaml", let name = lines.first, name.hasPrefix("# ") {
            return [.write(String(name.dropFirst(2)), text: lines.joined(separator: "\n") + "\n")]
        }
        var steps: [Step] = []
        for line in lines {
            if line.hasPrefix("$ ") {
                steps.append(.run(String(line.dropFirst(2)), shows: []))
            } else if case .run(let command, let shown)? = steps.last {
                steps[steps.count - 1] = .run(command, shows: shown + [line])
            }
        }
        return steps
    }
}

// MARK: Comparing what a page shows with what was printed

extension ReadmeWalks {
    /// Whether the page shows what was printed, but for what differs in each run. A line of `…` stands for any lines, and one
    /// that ends in `…` for any that begins so.
    static func shows(_ shown: [String], _ printed: String) -> Bool {
        var lines = printed.split(separator: "\n", omittingEmptySubsequences: false).map { masked(String($0)) }
        if lines.last == "" { lines.removeLast() }
        return fits(shown.map(masked)[...], lines[...])
    }

    private static func fits(_ pattern: ArraySlice<String>, _ lines: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return lines.isEmpty }
        let rest = pattern.dropFirst()
        if first == "…" { return (lines.startIndex...lines.endIndex).contains { fits(rest, lines[$0...]) } }
        guard let line = lines.first else { return false }
        let isSame = first.hasSuffix("…") ? line.hasPrefix(first.dropLast()) : line == first
        return isSame && fits(rest, lines.dropFirst())
    }

    /// A line without times, ports and ids, and without blanks at its end.
    static func masked(_ line: String) -> String {
        let line = line.replacing(/\s*\d+\.\d{6}\b/, with: "TIME").replacing(/\b\d+(\.\d+)? (s|ms)\b/, with: "DURATION")
            .replacing(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "DATE").replacing(/\b\d{5}\b/, with: "PORT")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
