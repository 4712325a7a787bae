internal import Codecs
internal import Glibc

/// Lines of messages of one session that came together: they have one time, and stand one behind the other in a recording.
///
/// They are whole lines, made for a file that began at a certain time. Where another one has begun meanwhile, or another event
/// loop has appended what happened later, each gets its time anew.
package struct MessageLines: ~Copyable {
    /// With so many bytes the next line has a time of its own.
    private static let maximumBytes = 4 << 10

    var text = ByteWriter(capacity: 8 << 10)
    private(set) var count = 0
    private(set) var session = 0
    /// When they came, and when their file began, in microseconds of the clock.
    private(set) var time: Int64 = 0
    private(set) var start: Int64 = 0
    /// What each line begins with.
    private var timeText = TimeText()
    /// Where the last line begins, behind its time.
    private var lineStart = 0

    /// Whether the next line has a time of its own.
    @inline(__always)
    var isFull: Bool { text.count >= Self.maximumBytes }

    /// Lines follow that came at `time`, for a file that began at `start`: which may be later where that is asked for behind the
    /// time, and then the writer gives them their time anew.
    mutating func begin(of session: Int, at time: Int64, since start: Int64) {
        self.session = session
        setTime(time, since: start)
    }

    private mutating func setTime(_ time: Int64, since start: Int64) {
        timeText.set(time - start)
        (self.time, self.start) = (time, start)
    }

    /// A line follows, from its session to what stands before its closing brace.
    @inline(__always)
    mutating func beginLine() {
        text.append(contentsOf: timeText.text)
        lineStart = text.count
    }

    @inline(__always)
    mutating func endLine() {
        text.append("}\n")
        count += 1
    }

    /// Repeats the last line as that of the server, where the client's is behind `offset` bytes of it.
    @inline(__always)
    mutating func repeatLine(fromServerAt offset: Int) {
        let (start, end) = (lineStart - timeText.text.count, text.count)
        lineStart = end + timeText.text.count
        text.appendCopy(of: start..<end)
        RecordingLine.turnIntoServer(at: lineStart + offset, in: &text)
        count += 1
    }

    /// Leaves only the last line, as that of the server at another time. False where there is no room for that.
    mutating func keepLastLine(fromServerAt offset: Int, at time: Int64, since start: Int64) -> Bool {
        setTime(time, since: start)
        guard lineStart >= timeText.text.count else { return false }
        if lineStart > timeText.text.count { text.remove(lineStart - timeText.text.count, at: 0) }
        timeText.text.withUnsafeBytes { text.replace(at: 0, with: $0) }
        lineStart = timeText.text.count
        RecordingLine.turnIntoServer(at: lineStart + offset, in: &text)
        count = 1
        return true
    }

    mutating func removeAll() {
        text.removeAll()
        count = 0
    }

    /// Gives each line without its time and its LF.
    func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
        text.withUnsafeBytes { bytes in
            var rest = bytes
            // What a line says has no LF.
            while let first = rest.baseAddress, let end = memchr(first, 0x0A, rest.count) {
                let length = UnsafeRawPointer(end) - first
                body(UnsafeRawBufferPointer(start: first + timeText.text.count, count: length - timeText.text.count))
                rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
            }
        }
    }
}
