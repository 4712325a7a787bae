internal import Codecs

/// What a line begins with at a time; made once for as many lines as have that time.
struct TimeText: ~Copyable {
    private(set) var text = ByteWriter(capacity: 32)
    private var microseconds: Int64?

    /// Makes it the text of a time since the file's header.
    mutating func set(_ microseconds: Int64) {
        guard microseconds != self.microseconds else { return }
        text.removeAll()
        RecordingLine.writeTime(microseconds, into: &text)
        self.microseconds = microseconds
    }
}
