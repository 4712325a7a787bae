import Recorder
import Replay
import Server

/// Opens the recordings that ports answer from.
enum RecordedReplies {
    /// The ports with their answers.
    static func opened(_ ports: [PortConfiguration]) throws -> [PortConfiguration] {
        try ports.map { port in
            guard case .answer(.recording(let path), _) = port.role, port.answers == nil else { return port }
            var port = port
            let mock = try Mock(
                recordings: [path], ports: [MockPortSettings(codec: port.codec, limits: port.limits)])
            tellOfLeftOut(mock, path)
            port.answers = mock.source(ofPort: 0)
            return port
        }
    }

    /// Tells of messages that a mock has no use for.
    static func tellOfLeftOut(_ mock: Mock, _ path: String) {
        let name = TerminalText.escaped(path)
        if mock.leftOut.answers > 0 {
            Terminal.log(
                .note,
                "\(name): \(mock.leftOut.answers.counting("message")) of its server that did not decode will not be sent",
                .warning)
        }
        if mock.leftOut.requests > 0 {
            Terminal.log(
                .note,
                "\(name): \(mock.leftOut.requests.counting("message")) of its clients did not decode, and no message is like them",
                .warning)
        }
    }
}
