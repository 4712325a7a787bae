import Codecs
import Server

/// How a port answers: `echo` and the other plain ways, `exec:COMMAND`, `recording:FILE`.
enum ReplyOption {
    static func parse(_ text: String) throws(UsageFault) -> PortConfiguration.Reply {
        if let reply = PlainReply.named(text) { return .plain(reply) }
        if text.hasPrefix("recording:") {
            let path = String(text.dropFirst(10))
            guard !path.isEmpty else { throw UsageFault("\"reply=recording:\" lacks the file to answer from") }
            return .recording(path: path)
        }
        guard text.hasPrefix("exec:") else {
            let names = PlainReply.all.map(\.name)
            let near = NearMiss.word(near: text, in: names).map { "did you mean \"\($0)\"? There" }
            let list = names.joined(separator: ", ")
            throw UsageFault(
                "\"reply=\(text)\": \(near ?? "there") are \(list), exec:COMMAND and recording:FILE")
        }
        let command = text.dropFirst(5)
        guard !command.allSatisfy(\.isWhitespace), !command.utf8.contains(0) else {
            throw UsageFault("\"reply=exec:\" lacks the command to start, such as exec:'python3 answer.py'")
        }
        return .exec(command: String(command))
    }

    /// The plain ways, a line of help each: what is written behind a port, and what that does.
    static var helpLines: String {
        PlainReply.all.map { reply in
            let setting = "reply=\(reply.name)"
            return "  " + setting + String(repeating: " ", count: max(1, 22 - setting.count)) + reply.purpose
        }
        .joined(separator: "\n")
    }
}
