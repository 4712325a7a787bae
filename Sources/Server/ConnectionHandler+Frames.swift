internal import Codecs

extension ConnectionHandler {
    /// Answers with a message, given as its frame alone; gives why it is none, if it is none.
    ///
    /// - Parameter tree: what it is read into.
    func answer(_ frame: [UInt8], reading tree: ValueTree) -> String? {
        read(frame, into: tree) { answer(frame: frame.span.bytes, payload: $0, tree: tree) }
    }

    /// Sends a message, given as its frame alone, and records it.
    ///
    /// - Parameter tree: what it is read into.
    func sendRead(_ frame: [UInt8], reading tree: ValueTree) {
        _ = read(frame, into: tree) { send(frame: frame.span.bytes, payload: $0, tree: tree) }
    }

    /// Gives where the payload of a frame stands to `body`; or gives why it is none.
    private func read(_ frame: [UInt8], into tree: ValueTree, _ body: (Range<Int>) -> Void) -> String? {
        var reader = MessageReader(codec: port.codec, limits: port.limits)
        let bytes = frame.span.bytes
        do throws(MessageError) {
            var extent = try reader.nextMessage(in: bytes, into: tree)
            if extent == nil { extent = try reader.finish(in: bytes, into: tree) }
            guard let extent, extent.frameBytes == frame.count else {
                return "the answer is no single message of \(port.codec.name)"
            }
            body(extent.payload)
            return nil
        } catch {
            return "the answer is no message of \(port.codec.name): \(error)"
        }
    }
}
