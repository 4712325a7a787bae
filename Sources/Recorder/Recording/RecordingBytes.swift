/// Where the text of a recording comes from: a file as it is, or one that is unpacked while it is read.
protocol RecordingBytes: AnyObject {
    /// Reads on, into the front of the buffer.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> RecordingRead
    /// The longest line that is taken, where lines may be that long.
    func maximumLineBytes(atMost limit: Int) -> Int
    /// The most JSON values that a line may have, where it may have so many.
    func maximumElements(atMost limit: Int) -> Int
}

/// What reading on gave.
enum RecordingRead {
    /// So many bytes, one at least.
    case bytes(Int)
    /// Some bytes are lost here; why. What follows them may still read.
    case damage(String)
    /// There is no more; torn where what packs the text was cut off.
    case end(isTorn: Bool)
}
