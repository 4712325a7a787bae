internal import Codecs

/// What stands in a line of a recording and is part of no message: what this version does not know, be it a key or a whole event.
///
/// What the format itself says (times, sides, ports, addresses, counts) and the rules of a header are left out.
enum LineRemainder {
    /// Visits each unknown key and all that stands under it; `visitor` gives what is known at the start.
    static func walk<Visitor: ValueVisitor>(
        _ line: Value, _ event: TranscriptEvent.Kind, _ start: Visitor.State, _ visitor: inout Visitor
    ) {
        guard line.kind == .map else { return }
        var walk = Walk(start: start, visitor: visitor)
        switch event {
        case .resumed:
            walk.visit(line, at: ValuePaths.root, knowing: RecordingKeys.header)
            walk.visitPorts(of: line)
        default:
            let kind = RecordingKeys.kinds.first { line[$0] != nil }
            let beside = kind.flatMap { RecordingKeys.beside[$0] } ?? []
            walk.visit(line, at: ValuePaths.root, knowing: RecordingKeys.event + (kind.map { [$0] } ?? []) + beside)
            if let kind, let known = RecordingKeys.inside[kind], let (key, inside) = line.entry(kind) {
                walk.visit(inside, at: walk.visitor.paths.inside(ValuePaths.root, .member(key)), knowing: known)
            }
        }
        visitor = walk.visitor
    }

    /// A place in a line, from the path that a value in it would have: `note.name`, `["odd key"]`.
    static func place(_ path: String) -> String {
        let place = path.dropFirst(path.hasPrefix("$.") ? 2 : 1)
        // This is what bytes of a message are called.
        return place.hasPrefix("bytes") ? "[\"bytes\"]" + place.dropFirst(5) : String(place)
    }

    private struct Walk<Visitor: ValueVisitor> {
        let start: Visitor.State
        var visitor: Visitor

        /// Visits what stands under other keys than these. Of a key that stands twice the first counts, the other is unknown.
        mutating func visit(_ map: Value, at path: Int, knowing known: [String]) {
            guard map.kind == .map else { return }
            var met: Set<String> = []
            for (key, value) in map.entries {
                if let name = key.string, known.contains(name), met.insert(name).inserted,
                    LineRemainder.isKnown(value, under: name)
                {
                    continue
                }
                let inside = visitor.paths.inside(path, .member(key))
                visitor.leaf(ValueWalk.Place(value: key, path: inside, isKey: true), start)
                let place = ValueWalk.Place(value: value, path: inside)
                ValueWalk.walk(place, visitor.state(of: place, in: map, key: key, start), &visitor)
            }
        }

        mutating func visitPorts(of header: Value) {
            guard let (key, ports) = header.entry("ports"), ports.kind == .list else { return }
            let path = visitor.paths.inside(ValuePaths.root, .member(key))
            for (index, port) in ports.children.enumerated() {
                visit(port, at: visitor.paths.inside(path, .element(index)), knowing: RecordingKeys.port)
            }
        }
    }

    /// Whether a value is of the kind that belongs under a known key; what is not is read by nobody.
    private static func isKnown(_ value: Value, under name: String) -> Bool {
        switch name {
        case "t", "s", "port", "bytes", "events", "sessions", "messages", "protocol", "withheld", "tapedeck":
            value.kind == .number
        case "partial", "continued", "tls": value.kind == .true || value.kind == .false
        case "eof", "close", "by", "peer", "to", "via", "why", "reason", "error", "created", "tool", "listen", "codec",
            "strings", "raw", "text", "base64":
            value.kind == .string
        case "open", "gap", "end": value.kind == .map
        case "ports", "rules", "redacted": value.kind == .list
        default: true
        }
    }
}

extension Value {
    /// The first entry of a map under this name, its key with it.
    fileprivate func entry(_ name: String) -> (Value, Value)? {
        kind == .map ? entries.first { $0.0.isText(name) }.map { ($0.0, $0.1) } : nil
    }
}
