internal import Codecs

/// Makes events of the JSON lines of a recording. Keys that it does not know are passed over.
enum RecordingEventParser {
    /// The header, or nil where this is none. A newer version is refused by name.
    static func header(_ value: Value, path: String, line: Int) throws(RecordingError) -> RecordingHeader? {
        guard value.kind == .map, let number = value["tapedeck"], number.kind == .number else { return nil }
        guard let version = number.int, version <= RecordingHeader.currentVersion else {
            guard let double = number.double, double > Double(RecordingHeader.currentVersion) else { return nil }
            let name = String(decoding: number.content.prefix(20), as: UTF8.self)
            throw RecordingError(
                .newerVersion, path, line: line,
                "has format \(name); this build reads up to \(RecordingHeader.currentVersion): update tapedeck")
        }
        guard version >= 1 else { return nil }
        var ports: [RecordedPort] = []
        if let listed = value["ports"], listed.kind == .list {
            for port in listed.children {
                guard let listen = port["listen"]?.string, let codec = port["codec"]?.string else {
                    throw RecordingError(
                        line > 1 ? .damagedLine : .foreign, path, line: line,
                        "a port in the header lacks \"listen\" or \"codec\"")
                }
                let version = port["protocol"]?.int.flatMap { Int(exactly: $0) }
                ports.append(
                    RecordedPort(
                        listen: listen, codec: codec, settings: WritingSettings(protocolVersion: version),
                        usesTLS: port["tls"]?.bool ?? false))
            }
        }
        var header = RecordingHeader(
            created: value["created"]?.string ?? "", tool: value["tool"]?.string ?? "", ports: ports)
        header.version = Int(version)
        if let rules = value["rules"] {
            do throws(RuleItemFault) {
                header.rules = try RuleItem.list(rules, line: line)
            } catch {
                header.rulesFault = error.reason
            }
        }
        return header
    }

    /// One event.
    static func event(_ value: Value, path: String, line: Int) throws(RecordingError) -> TranscriptEvent {
        guard value.kind == .map else {
            throw RecordingError(.damagedLine, path, line: line, "an event is a JSON object; this is none")
        }
        if let header = try header(value, path: path, line: line) {
            return TranscriptEvent(time: 0, session: 0, kind: .resumed(header), line: line)
        }
        func damaged(_ reason: String) -> RecordingError { RecordingError(.damagedLine, path, line: line, reason) }
        guard let seconds = value["t"]?.double, seconds >= 0, seconds < 1e11 else {
            throw damaged("\"t\" must be the time in seconds since the start")
        }
        var session = 0
        if let number = value["s"] {
            guard let found = number.int, found > 0, found < 1 << 53 else {
                throw damaged("\"s\" must be the number of a session, from 1")
            }
            session = Int(found)
        }
        let kind: TranscriptEvent.Kind
        do throws(EventFault) {
            kind = try eventKind(value)
        } catch {
            throw damaged(error.reason)
        }
        switch kind {
        case .ended, .gap, .unknown, .resumed: break
        default: if session == 0 { throw damaged("\"s\", the number of the session, is missing") }
        }
        return TranscriptEvent(
            time: Int64((seconds * 1_000_000).rounded()), session: session, kind: kind, line: line)
    }

    private struct EventFault: Error { var reason: String }

    private static func eventKind(_ value: Value) throws(EventFault) -> TranscriptEvent.Kind {
        if let side = value["from"] { return .message(try message(value, from: try self.side(side, "from"))) }
        if let opening = value["open"] { return .opened(try self.opening(opening)) }
        if let side = value["eof"] { return .endOfStream(try self.side(side, "eof")) }
        if let manner = value["close"] {
            guard let known = manner.string.flatMap(SessionClosing.Manner.init(rawValue:)) else {
                throw EventFault(reason: "\"close\" must be clean, reset, timeout, limit, error or shutdown")
            }
            let by = try value["by"].map { by throws(EventFault) in try side(by, "by") }
            var closing = SessionClosing(known, by: by, reason: value["reason"]?.string)
            closing.redacted = RedactedPlaces.list(in: value)
            return .closed(closing)
        }
        if let gap = value["gap"] {
            let from = try gap["from"].map { from throws(EventFault) in try side(from, "from") }
            var found = RecordingGap(
                from: from, bytes: count(gap["bytes"]), events: count(gap["events"]), reason: gap["why"]?.string)
            found.redacted = RedactedPlaces.list(in: value)
            return .gap(found)
        }
        if value["end"] != nil { return .ended }
        return .unknown
    }

    private static func opening(_ value: Value) throws(EventFault) -> SessionOpening {
        guard let port = value["port"]?.int, (0...65535).contains(port) else {
            throw EventFault(reason: "\"open\" lacks \"port\", the port that the client connected to")
        }
        var opening = SessionOpening(
            port: Int(port), peer: value["peer"]?.string ?? "", upstream: value["to"]?.string,
            via: value["via"]?.string)
        opening.isContinued = value["continued"]?.bool ?? false
        return opening
    }

    private static func message(_ value: Value, from side: Side) throws(EventFault) -> RecordedMessage {
        var form: (key: ReadableForm.Key, value: Value)?
        for key in ReadableForm.Key.allCases {
            guard let found = value[key.rawValue] else { continue }
            guard form == nil else {
                throw EventFault(reason: "a message has one of \"value\", \"text\" and \"base64\", not several")
            }
            form = (key, found)
        }
        guard let form, let range = form.value.sourceRange else {
            throw EventFault(reason: "a message has one of \"value\", \"text\" and \"base64\"; this has none")
        }
        if form.key != .value, form.value.kind != .string {
            throw EventFault(reason: "\"\(form.key.rawValue)\" must be a JSON string")
        }
        var message = RecordedMessage(
            from: side, form: form.key, text: Array(UnsafeRawBufferPointer(rebasing: value.tree.payload[range])))
        if let version = value["protocol"] {
            guard let number = version.int, (0...255).contains(number) else {
                throw EventFault(reason: "\"protocol\" must be a small number")
            }
            message.settings.protocolVersion = Int(number)
        }
        if let strings = value["strings"] {
            guard let identity = strings.string.flatMap(StringIdentity.init(rawValue:)) else {
                throw EventFault(reason: "\"strings\" must be \"shared\", \"keys\" or \"distinct\"")
            }
            message.settings.strings = identity
        }
        if let raw = value["raw"] {
            guard let text = raw.text else { throw EventFault(reason: "\"raw\" must be base64 in a JSON string") }
            var bytes = ByteWriter(capacity: text.count)
            do throws(PayloadError) {
                try Base64.decode(text.span.bytes, into: &bytes)
            } catch {
                throw EventFault(reason: "\"raw\" at symbol \(error.offset): \(error.reason)")
            }
            message.raw = bytes.array
        }
        message.error = value["error"]?.string
        message.isPartial = value["partial"]?.bool ?? false
        message.redacted = RedactedPlaces.list(in: value)
        return message
    }

    /// A number of bytes or events; nothing else is taken for one.
    private static func count(_ value: Value?) -> Int? { value?.int.flatMap { $0 < 0 ? nil : Int(exactly: $0) } }

    private static func side(_ value: Value, _ key: String) throws(EventFault) -> Side {
        guard let side = value.string.flatMap(Side.init(rawValue:)) else {
            throw EventFault(reason: "\"\(key)\" must be \"client\" or \"server\"")
        }
        return side
    }
}
