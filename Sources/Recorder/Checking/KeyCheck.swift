internal import Codecs

/// Looks for keys that are unknown, stand twice or are missing, and for events of an unknown kind.
///
/// Readers pass over what they do not know, which is how a newer version can add to the format; so each unknown key is told of
/// once.
struct KeyCheck: LineCheck {
    private var told: Set<String> = []
    /// A hostile file may have a new one in each line.
    private static let maximumTold = 1_000

    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        let value = line.value
        if case .resumed = line.event.kind {
            try check(value, RecordingKeys.header, of: "a header", line.number, tell)
            if let ports = value["ports"], ports.kind == .list {
                for port in ports.children { try check(port, RecordingKeys.port, of: "a port", line.number, tell) }
            }
            for key in ["created", "tool", "ports"] where value[key] == nil {
                try tell(
                    CheckFinding(
                        .key, line: line.number, "the header lacks \"\(key)\"",
                        advice: "write it, as in the header of another recording"))
            }
            return
        }
        let kinds = RecordingKeys.kinds.filter { value[$0] != nil }
        guard let kind = kinds.first else { return try tellOfUnknownEvent(line, tell) }
        if kinds.count > 1 {
            let names = kinds.map { "\"\($0)\"" }.joined(separator: ", ")
            try tell(
                CheckFinding(
                    .event, line: line.number, "the event is several in one: \(names)",
                    advice: "only \"\(kind)\" is read: make it a line each"))
        }
        let known = RecordingKeys.event + kinds + kinds.flatMap { RecordingKeys.beside[$0] ?? [] }
        try check(value, known, of: Self.name(kind), line.number, tell)
        if let inside = value[kind], let known = RecordingKeys.inside[kind] {
            guard inside.kind == .map else {
                return try tell(
                    CheckFinding(
                        .key, line: line.number, "\"\(kind)\" is no JSON object", advice: "see the recording's format"))
            }
            try check(inside, known, of: "\"\(kind)\"", line.number, tell)
            if kind == "open", inside["peer"] == nil {
                try tell(
                    CheckFinding(
                        .key, line: line.number, "\"open\" lacks \"peer\", the client's address",
                        advice: "write it, HOST:PORT; any will do"))
            }
        }
    }

    private static func name(_ kind: String) -> String { kind == "from" ? "a message" : "an event with \"\(kind)\"" }

    private mutating func tellOfUnknownEvent(_ line: CheckedLine, _ tell: (CheckFinding) throws -> Void) rethrows {
        let key = line.value.entries.first { entry in !RecordingKeys.event.contains { entry.key.isText($0) } }?.key
            .string
        guard isNew("event \(key ?? "")") else { return }
        try tell(
            CheckFinding(
                .event, line: line.number,
                key.map { "an event of an unknown kind, \"\(Self.shown($0))\"" } ?? "an event that says nothing",
                advice: "it is passed over; a newer tapedeck may have written it"))
    }

    private mutating func check(
        _ value: Value, _ known: [String], of owner: String, _ line: Int, _ tell: (CheckFinding) throws -> Void
    ) rethrows {
        guard value.kind == .map else { return }
        var found: Set<String> = []
        for (key, _) in value.entries {
            guard let name = key.string else { continue }
            if !known.contains(name) {
                guard isNew("\(owner) \(name)") else { continue }
                try tell(
                    CheckFinding(
                        .key, line: line, "\(owner) has the unknown key \"\(Self.shown(name))\"",
                        advice: "it is ignored; a newer tapedeck may have written it, or it is mistyped"))
            } else if !found.insert(name).inserted {
                try tell(
                    CheckFinding(
                        .key, line: line, "\(owner) has \"\(Self.shown(name))\" twice",
                        advice: "the first one counts: take the other away"))
            }
        }
    }

    private mutating func isNew(_ name: String) -> Bool {
        told.count < Self.maximumTold && told.insert(Self.shown(name)).inserted
    }

    private static func shown(_ name: String) -> String { name.count > 60 ? name.prefix(60) + "…" : name }
}
