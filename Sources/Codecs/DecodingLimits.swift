/// What a reader accepts at most, so that no input makes it allocate or compute out of proportion.
///
/// Every reader takes these as an argument and checks a claimed length against them before it reserves anything.
package struct DecodingLimits: Sendable, Hashable {
    /// Bytes of one frame, its header and payload together. At most 2^31 - 1: offsets into a payload are 32 bits.
    package var maximumFrameBytes = 64 << 20 {
        didSet { maximumFrameBytes = min(max(maximumFrameBytes, 0), Int(Int32.max)) }
    }
    /// Levels of nesting of one value.
    package var maximumDepth = 10_000
    /// Values in one message, containers and their elements together.
    package var maximumElements = 1 << 22
    /// Opcodes of one pickle.
    package var maximumOpcodes = 1 << 24
    /// Entries of a pickle's memo, and of its stack.
    package var maximumMemoEntries = 1 << 22
    /// Marks that a pickle may hold open at one time, and how far a memo index may lie above the number of entries.
    package var maximumMarks = 1 << 20
    /// Bytes of the text written from one value; see also `maximumText(ofPayloadBytes:)`.
    package var maximumExpandedBytes = 256 << 20
    /// Levels of nesting that a recording writes as JSON; a deeper value stands there as base64, since common JSON
    /// readers fail on it.
    package var maximumReadableDepth = 512

    package init() {}

    /// How long the text written from a payload of that size may become: four times as long and 1 MiB, within
    /// `maximumExpandedBytes`.
    package func maximumText(ofPayloadBytes count: Int) -> Int {
        min(maximumExpandedBytes, 4 * count + 1 << 20)
    }
}
