import Codecs
import Recorder

/// The arguments as they were given, byte by byte.
enum ArgumentText {
    /// What is wrong with the first argument that is no text. Swift mends such ones, so that they would name another file than the one that
    /// was meant.
    static func fault() -> String? {
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            let shown = TerminalText.escaped(String(cString: argument))
            return "argument \(index), \(shown), is not UTF-8; a file of such a name is reached through a link: ln -s"
        }
        return nil
    }
}
