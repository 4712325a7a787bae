internal import CBuild
import Recorder

/// Which build this is.
enum ToolVersion {
    static let number = "0.1.0"
    static let text = "tapedeck \(number)"

    /// What `--version` prints: also the commit, where the build said it, and the libraries of the system that are in use.
    static var whole: String {
        let commit = String(cString: tapedeck_commit())
        let libraries = SystemLibraries.all.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return text + (commit.isEmpty ? "" : " (\(commit))") + "\nwith " + libraries
    }
}
