/// The keys of a recording's lines that this version knows.
enum RecordingKeys {
    static let header = ["tapedeck", "created", "tool", "ports", "rules", "redacted"]
    static let port = ["listen", "codec", "protocol", "tls"]
    /// Those of every event.
    static let event = ["t", "s", "redacted"]
    /// Those that say what kind of event it is, the first of them that is there: the order counts.
    static let kinds = ["from", "open", "eof", "close", "gap", "end"]

    /// The keys that an event has besides, by its kind.
    static let beside: [String: [String]] = [
        "from": ["value", "text", "base64", "raw", "error", "partial", "protocol", "strings", "withheld"],
        "close": ["by", "reason"],
    ]
    /// The keys of the object under an event's kind.
    static let inside: [String: [String]] = [
        "open": ["port", "peer", "to", "via", "continued"],
        "gap": ["from", "bytes", "events", "why"],
        "end": ["sessions", "messages"],
    ]
}
