internal import Glibc

/// The names of a recording's files, where there are several.
enum RecordingName {
    /// `a.tape.jsonl` is the first file of a series, then come `a.0002.tape.jsonl`, `a.0003.tape.jsonl`, …
    static func numbered(_ path: String, _ number: Int) -> String {
        guard number > 1 else { return path }
        let digits = String(number)
        let text = "." + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
        let ending = ending(of: path)
        return path.dropLast(ending.count) + text + ending
    }

    /// The first file of the series that a name belongs to, and the number in it.
    static func series(of path: String) -> (first: String, number: Int) {
        let ending = ending(of: path)
        let stem = path.dropLast(ending.count)
        guard let dot = stem.lastIndex(of: "."), let number = Int(stem[stem.index(after: dot)...]), number > 1 else {
            return (path, 1)
        }
        let first = stem[..<dot] + ending
        return numbered(String(first), number) == path ? (String(first), number) : (path, 1)
    }

    /// What stands behind the number in a name.
    private static func ending(of path: String) -> String {
        let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        return [".tape.jsonl.zst", ".tape.jsonl", ".jsonl.zst", ".jsonl", ".zst"].first(where: path[name...].hasSuffix)
            ?? ""
    }

    /// The name of the file of one session: `2026-11-22T10-00-00.000000Z-s12.tape.jsonl`.
    static func session(_ number: Int, created: String) -> String {
        created.map { $0 == ":" ? "-" : String($0) }.joined() + "-s\(number).tape.jsonl"
    }

    /// The last file of a series, where the first one is there.
    static func last(of path: String) -> (path: String, number: Int) {
        var number = 1
        while access(numbered(path, number + 1), F_OK) == 0 { number += 1 }
        return (numbered(path, number), number)
    }
}
