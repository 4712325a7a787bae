internal import Codecs

/// Looks whether what messages say can be written in their codec, and whether `raw` says the same.
struct MessageCheck: LineCheck {
    private struct Port {
        var codec: Codec
        var settings: WritingSettings
    }

    private var ports: [Int: Port] = [:]
    private var sessions: [Int: Int] = [:]
    private let rawTree = ValueTree()
    private let texts = (ValueTree(), ValueTree())

    /// What was recorded with larger limits than the usual ones is no fault.
    private static let limits: DecodingLimits = {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = Int(Int32.max)
        limits.maximumElements = 1 << 26
        limits.maximumOpcodes = Int(Int32.max)
        limits.maximumMemoEntries = 1 << 26
        limits.maximumExpandedBytes = Int(Int32.max)
        return limits
    }()

    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        switch line.event.kind {
        case .resumed(let header):
            sessions = [:]
            ports = [:]
            for port in header.ports {
                guard let number = port.number, let codec = try? CodecRegistry.codec(named: port.codec) else {
                    continue
                }
                ports[number] = Port(codec: codec, settings: port.settings)
            }
        case .opened(let opening): sessions[line.event.session] = opening.port
        case .closed: sessions[line.event.session] = nil
        case .message(let message):
            // A session whose beginning is lost speaks what the only port does.
            let number = sessions[line.event.session] ?? (ports.count == 1 ? ports.first?.key : nil)
            guard let port = number.flatMap({ ports[$0] }) else { return }
            if let finding = finding(message, port, line.number) { try tell(finding) }
        default: break
        }
    }

    private func finding(_ message: RecordedMessage, _ port: Port, _ line: Int) -> CheckFinding? {
        let payload: [UInt8]
        do {
            payload = try message.payload(codec: port.codec, settings: port.settings, limits: Self.limits)
        } catch {
            if !message.isDecoded, message.form != .base64 {
                return unwritable(message, line, "what was not decoded stands under \"base64\"")
            }
            // What only `raw` can say: a text that is too deep or too long to be written again.
            if (error as? PayloadError)?.code == .overLimit, message.raw != nil { return nil }
            return unwritable(message, line, (error as? PayloadError)?.reason ?? "\(error)")
        }
        guard message.isDecoded else { return nil }
        guard let raw = message.raw else {
            do throws(FramingError) {
                var frame = ByteWriter()
                try port.codec.framing.write(payload: payload.span.bytes, into: &frame)
                return nil
            } catch {
                return unwritable(message, line, error.reason)
            }
        }
        return stale(message, raw, payload, port, line)
    }

    private func unwritable(_ message: RecordedMessage, _ line: Int, _ reason: String) -> CheckFinding {
        CheckFinding(
            .message, line: line, "\"\(message.form.rawValue)\" cannot be written in its codec: \(reason)",
            advice: message.raw == nil
                ? "mend it: it cannot be replayed" : "mend it; replay sends \"raw\", which is whole")
    }

    // MARK: raw

    private func stale(
        _ message: RecordedMessage, _ raw: [UInt8], _ payload: [UInt8], _ port: Port, _ line: Int
    ) -> CheckFinding? {
        func finding(_ what: String) -> CheckFinding {
            CheckFinding(
                .raw, line: line, what,
                advice: "replay sends \"raw\": delete it to send \"\(message.form.rawValue)\", or put that back")
        }
        var reader = MessageReader(codec: port.codec, limits: Self.limits)
        let extent: FrameExtent?
        do throws(MessageError) {
            var found = try reader.nextMessage(in: raw.span.bytes, into: rawTree)
            if found == nil { found = try reader.finish(in: raw.span.bytes, into: rawTree) }
            extent = found
        } catch {
            return finding("\"raw\" does not read as \(port.codec.name): \(error)")
        }
        guard let extent else { return finding("\"raw\" holds no whole message of \(port.codec.name)") }
        let rest = raw[extent.frameBytes...]
        if !rest.isEmpty, !reader.endsCleanly(with: rest.span.bytes) {
            return finding("\"raw\" holds \(rest.count.counting("byte")) more than the message")
        }
        if raw[extent.payload].elementsEqual(payload) { return nil }
        guard message.form == .value else {
            return finding("\"raw\" and \"\(message.form.rawValue)\" are not the same")
        }
        var text = ByteWriter()
        do throws(PayloadError) {
            let form = try port.codec.payload.writeReadable(rawTree, limits: Self.limits, into: &text)
            guard form.key == .value else { return finding("\"raw\" is not the value that stands beside it") }
        } catch {
            return nil
        }
        return isSame(text.bytes, message.text.span.bytes) ? nil : finding("\"raw\" and \"value\" are not the same")
    }

    /// Whether two JSON texts are the same value, key for key in their order, however they are spaced and escaped.
    private func isSame(_ one: RawSpan, _ other: RawSpan) -> Bool {
        do throws(PayloadError) {
            try JSONFormat().decode(one, into: texts.0, limits: .recordedText(within: Self.limits))
            try JSONFormat().decode(other, into: texts.1, limits: .recordedText(within: Self.limits))
        } catch {
            return true
        }
        guard texts.0.nodeCount == texts.1.nodeCount else { return false }
        // The nodes of a JSON text stand in the order of the text, containers before what is in them.
        for index in 0..<UInt32(texts.0.nodeCount) {
            let (left, right) = (Value(tree: texts.0, index: index), Value(tree: texts.1, index: index))
            guard left.kind == right.kind else { return false }
            switch left.kind {
            case .string: if left.text != right.text { return false }
            case .number: if !left.content.elementsEqual(right.content) { return false }
            case .list, .map: if left.childCount != right.childCount { return false }
            default: break
            }
        }
        return true
    }
}
