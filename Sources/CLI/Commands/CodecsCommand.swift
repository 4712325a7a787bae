import ArgumentParser

/// `tapedeck codecs`.
struct CodecsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codecs", abstract: "List what a port can speak: payloads and framings.",
        discussion: "tapedeck help codecs says how to choose one.")

    func run() throws {
        try Terminal.write(CodecList.text)
    }
}
