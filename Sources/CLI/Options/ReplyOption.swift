import Codecs
import Server

/// How a port answers: `echo`, `ack`, `none`, `exec:COMMAND`, `recording:FILE`.
enum ReplyOption {
    static func parse(_ text: String) throws(UsageFault) -> PortConfiguration.Reply {
        switch text {
        case "echo": return .echo
        case "ack": return .ack
        case "none": return .none
        default: break
        }
        if text.hasPrefix("recording:") {
            let path = String(text.dropFirst(10))
            guard !path.isEmpty else { throw UsageFault("\"reply=recording:\" lacks the file to answer from") }
            return .recording(path: path)
        }
        guard text.hasPrefix("exec:") else {
            let near = NearMiss.word(near: text, in: ["echo", "ack", "none"]).map { "did you mean \"\($0)\"? There" }
            throw UsageFault(
                "\"reply=\(text)\": \(near ?? "there") are echo, ack, none, exec:COMMAND and recording:FILE")
        }
        let command = text.dropFirst(5)
        guard !command.allSatisfy(\.isWhitespace), !command.utf8.contains(0) else {
            throw UsageFault("\"reply=exec:\" lacks the command to start, such as exec:'python3 answer.py'")
        }
        return .exec(command: String(command))
    }
}
