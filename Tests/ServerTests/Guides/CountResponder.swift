import Codecs
import Recorder

@testable import Server

/// Answers each message with how many its client has sent.
final class CountResponder: Responder {
    private let port: PortConfiguration
    private var counts: [Int: Int] = [:]

    /// Refuses a codec that has no numbers while there is no client yet.
    init(port: PortConfiguration) throws {
        self.port = port
        _ = try message(0)
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        let count = counts[connection.session.number, default: 0] + 1
        counts[connection.session.number] = count
        do {
            connection.answer(try message(count))
        } catch {
            connection.finish(SessionClosing(.error, by: .server, reason: "\(error)"))
        }
    }

    func closed(_ connection: ConnectionHandler, hadEnded: Bool) {
        counts.removeValue(forKey: connection.session.number)
    }

    private func message(_ count: Int) throws -> PreparedMessage {
        let number = ValueTree()
        try JSONFormat().decode(Array("\(count)".utf8).span.bytes, into: number, limits: port.limits)
        return try PreparedMessage(codec: port.codec, limits: port.limits) { output in
            try port.codec.write(.value, number.root, settings: port.settings, limits: port.limits, into: &output)
        }
    }
}
