import Codecs
import Recorder

/// What `--codec` of a command that reads a recording anew means: one codec for every port, or for each the one that its first
/// bytes speak.
enum CodecChoice {
    static let auto = "auto"

    /// Refuses what is no codec.
    static func validate(_ text: String?) throws {
        if let text, text != auto { _ = try CodecArgument.codec(text) }
    }

    /// The codec of each port. What `auto` chose is said on stderr, and why.
    static func choice(_ text: String, recording: String) throws -> TranscriptRereading.Choice {
        if text != auto {
            let codec = try CodecArgument.codec(text)
            return { _ in codec }
        }
        let reader = try ConversationFile.open(recording)
        var starts = StreamStarts(header: reader.header)
        while true {
            do throws(RecordingError) {
                guard let event = try reader.next() else { break }
                starts.add(event)
            } catch {
                guard error.code == .damagedLine else { throw error }
            }
        }
        let guesses = starts.guesses()
        for (port, guess) in guesses.sorted(by: { $0.key < $1.key }) {
            Terminal.log("tapedeck: port \(port) is read as \(guess.codec.name): \(guess.reason)")
        }
        return { guesses[$0]?.codec }
    }
}
