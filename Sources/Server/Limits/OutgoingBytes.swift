internal import NIOCore

/// What was written to a client and may still wait for it to be read.
struct OutgoingBytes {
    /// Bytes that waited when it was last looked at.
    private(set) var waiting = 0
    /// Whether anything may wait: written since, or left then.
    private(set) var mayWait = false
    private var written = 0
    private var taken = 0
    private var isTold = false

    /// More bytes were handed to the channel.
    mutating func written(_ count: Int) {
        mayWait = true
        written += count
    }

    /// Looks at what the channel holds, with `held` bytes behind that. True where the client has taken some since the last
    /// time.
    mutating func measure(_ channel: any Channel, _ held: Int) -> Bool {
        let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        waiting = buffered + held
        mayWait = waiting > 0
        defer { taken = written - buffered }
        return written - buffered > taken
    }

    /// True the first time.
    mutating func tell() -> Bool {
        defer { isTold = true }
        return !isTold
    }
}
