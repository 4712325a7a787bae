internal import Codecs

/// Answers each message with `{'message': 'server got the data'}`, or with that text where the payload has no maps.
final class AckResponder: Responder {
    private let acknowledgement: PreparedMessage

    init(port: PortConfiguration) throws {
        acknowledgement = try PreparedMessage(codec: port.codec, limits: port.limits) { output in
            do {
                let map = try AckResponder.json("{\"message\": \"server got the data\"}", port.limits)
                try port.codec.write(.value, map.root, settings: port.settings, limits: port.limits, into: &output)
            } catch let error as PayloadError where error.code == .notRepresentable {
                output.removeAll()
                let text = try AckResponder.json("\"server got the data\"", port.limits)
                try port.codec.write(.text, text.root, settings: port.settings, limits: port.limits, into: &output)
            }
        }
    }

    private static func json(_ text: String, _ limits: DecodingLimits) throws -> ValueTree {
        let tree = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: tree, limits: limits)
        return tree
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        connection.answer(acknowledgement)
    }
}
