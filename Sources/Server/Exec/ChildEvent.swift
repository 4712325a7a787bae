internal import Codecs
internal import Recorder

/// The lines that a child is told events in, one JSON object each.
///
/// ```
/// {"session":1,"event":"open","port":12000,"peer":"127.0.0.1:53412"}
/// {"session":1,"event":"message","value":{"text":"hello"}}
/// {"session":1,"event":"close"}
/// ```
///
/// A message stands there as it does in a recording: under `value`, `text` or `base64`.
enum ChildEvent {
    /// A client has connected.
    static func writeOpening(_ session: SessionIdentity, into output: inout ByteWriter) {
        writeStart(session.number, "open", into: &output)
        output.append(",\"port\":")
        output.append(decimal: Int64(session.port))
        RecordingLine.writeMember("peer", session.peer, into: &output)
        output.append("}\n")
    }

    /// A client has sent a message: what it reads as, and its bytes.
    static func writeMessage(
        _ session: Int, _ tree: ValueTree, payload: RawSpan, port: PortConfiguration, into output: inout ByteWriter
    ) {
        writeStart(session, "message", into: &output)
        let settings = RecordingLine.writeMessage(
            tree, payload: payload, codec: port.codec, limits: port.limits, into: &output)
        RecordingLine.writeSettings(settings, defaults: port.settings, into: &output)
        output.append("}\n")
    }

    /// A client sends no more: it has said so, or it has gone.
    static func writeEnd(_ session: Int, into output: inout ByteWriter) {
        writeStart(session, "close", into: &output)
        output.append("}\n")
    }

    private static func writeStart(_ session: Int, _ event: StaticString, into output: inout ByteWriter) {
        output.append("{\"session\":")
        output.append(decimal: Int64(session))
        output.append(",\"event\":\"")
        output.append(event)
        output.append(UInt8(ascii: "\""))
    }
}
