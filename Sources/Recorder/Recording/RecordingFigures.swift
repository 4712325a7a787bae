/// How a recording is doing, for metrics.
package struct RecordingFigures: Sendable {
    package var sessions: Int
    package var messages: Int
    /// Bytes of lines that are not written yet.
    package var queuedBytes: Int
    /// Lines that were left out since the disk was too slow.
    package var leftOut: Int
    package var hasFailed: Bool
    /// How long the writes took; with `--durability disk` until the disk had them.
    package var writeTimes: WriteTimes.Figures
}
