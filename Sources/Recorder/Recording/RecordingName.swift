internal import Glibc

/// The names of a recording's files, where there are several.
enum RecordingName {
    /// `a.tape.jsonl` is the first file of a series, then come `a.0002.tape.jsonl`, `a.0003.tape.jsonl`, …
    static func numbered(_ path: String, _ number: Int) -> String {
        guard number > 1 else { return path }
        let digits = String(number)
        let text = "." + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
        let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        for ending in [".tape.jsonl.zst", ".tape.jsonl", ".jsonl.zst", ".jsonl", ".zst"]
        where path[name...].hasSuffix(ending) {
            return path.dropLast(ending.count) + text + ending
        }
        return path + text
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
