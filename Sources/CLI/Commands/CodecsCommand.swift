import ArgumentParser
import Codecs

/// `tapedeck codecs`.
struct CodecsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codecs", abstract: "List what a port can speak: payloads and framings.")

    func run() throws {
        var text = "A codec is PAYLOAD or PAYLOAD/FRAMING; the first framing of a payload is its default.\n"
        for payload in CodecRegistry.payloads {
            text += "\n\(payload.format.name)  \(payload.summary)\n"
            let width = payload.framings.map(\.name.count).max() ?? 0
            for framing in payload.framings {
                let padding = String(repeating: " ", count: width - framing.name.count)
                text += "  /\(framing.name)\(padding)  \(framing.summary)\n"
            }
        }
        try Terminal.write(text)
    }
}
