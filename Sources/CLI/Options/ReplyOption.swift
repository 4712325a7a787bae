import Server

/// How a port answers: `echo`, `ack`, `none`, `exec:COMMAND`.
enum ReplyOption {
    static func parse(_ text: String) throws(UsageFault) -> PortConfiguration.Reply {
        switch text {
        case "echo": return .echo
        case "ack": return .ack
        case "none": return .none
        default: break
        }
        guard text.hasPrefix("exec:") else {
            throw UsageFault("\"reply=\(text)\": there are echo, ack, none and exec:COMMAND")
        }
        let command = text.dropFirst(5)
        guard !command.allSatisfy(\.isWhitespace), !command.utf8.contains(0) else {
            throw UsageFault("\"reply=exec:\" lacks the command to start, such as exec:'python3 answer.py'")
        }
        return .exec(command: String(command))
    }
}
