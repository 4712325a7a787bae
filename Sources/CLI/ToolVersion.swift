internal import CBuild
internal import CYaml
import Recorder

/// Which build this is.
enum ToolVersion {
    static let number = "0.1.0"
    static let text = "tapedeck \(number)"

    /// What `--version` prints: also the commit, where the build said it, and the libraries of the system that are in use.
    static var whole: String {
        let commit = String(cString: tapedeck_commit())
        let all = SystemLibraries.all + [("libyaml", String(cString: yaml_get_version_string()))]
        let libraries = all.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return text + (commit.isEmpty ? "" : " (\(commit))") + "\nwith " + libraries
    }
}
