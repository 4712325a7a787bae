internal import CZstd
internal import Codecs

/// Compresses a recording as it is written (RFC 8878).
///
/// What is given at a time is complete when it is written: it ends with a flushed block, so that a reader gets all of it
/// even if nothing follows. Frames end after a MiB, so that a damaged one costs no more, and blocks share what they have in
/// common meanwhile.
final class ZstdCompression {
    /// Bytes before compression after which a frame ends.
    private static let frameBytes = 1 << 20

    private let context: OpaquePointer
    private var bytesInFrame = 0

    /// Nil where there is no memory for it.
    init?() {
        guard let context = ZSTD_createCCtx() else { return nil }
        self.context = context
        // A damaged frame is found by its checksum.
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Whether a frame has begun that has not ended.
    var isInFrame: Bool { bytesInFrame > 0 }

    /// Appends what the bytes become; with `isLast` the frame ends behind them. False where it cannot be done.
    func compress(_ bytes: UnsafeRawBufferPointer, isLast: Bool, into output: inout ByteWriter) -> Bool {
        bytesInFrame += bytes.count
        let endsFrame = isLast || bytesInFrame >= Self.frameBytes
        if endsFrame { bytesInFrame = 0 }
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var remaining = 0
            output.appendUninitialized(capacity: ZSTD_CStreamOutSize()) { room in
                var piece = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                remaining = ZSTD_compressStream2(context, &piece, &input, endsFrame ? ZSTD_e_end : ZSTD_e_flush)
                return piece.pos
            }
            if ZSTD_isError(remaining) != 0 { return false }
            if remaining == 0 { return true }
        }
    }
}
