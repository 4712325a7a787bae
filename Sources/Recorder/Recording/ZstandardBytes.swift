internal import CZstd

/// The text of a file that Zstandard (RFC 8878) packed, unpacked as it is read, frame after frame.
///
/// ```
/// frame:  28 B5 2F FD   header (2-14)   blocks …   [checksum, 4]
/// ```
///
/// A recorder writes a frame a flush. So one that is damaged loses its own lines only: reading goes on with the next frame
/// that is found. What is held is bounded whatever a file claims: the window that a frame asks for by `maximumWindowLog`, a line
/// by `maximumLineBytes`.
final class ZstandardBytes: RecordingBytes {
    /// Frames that look back further than 2^27 bytes (128 MiB) are refused, as by `zstd -d`: only `--long=28` and more make
    /// them.
    static let maximumWindowLog: Int32 = 27
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// Enough for the header of any frame.
    private static let headerBytes = 18

    private let file: RecordingFile
    private let context: OpaquePointer
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
    /// What of `input` is not unpacked yet …
    private var unread = 0..<0
    /// … and where in the file it ends.
    private var fileOffset = 0
    /// Where the frame began that is being unpacked; nil between two.
    private var frameStart: Int?
    /// How many bytes of input the next step takes best: a block.
    private var wanted = headerBytes
    /// Whether what was unpacked before did not all have room.
    private var mayHoldText = false
    /// Bytes that may still be searched a second time for the frame behind a damaged one. A hostile file cannot make that
    /// more often than so many bytes take.
    private var searchable = 256 << 20

    init(_ file: RecordingFile) throws(RecordingError) {
        self.file = file
        guard let context = ZSTD_createDCtx() else {
            input.deallocate()
            throw RecordingError(.cannotRead, file.path, "no memory to unpack it")
        }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maximumWindowLog)
    }

    deinit {
        ZSTD_freeDCtx(context)
        input.deallocate()
    }

    /// Whether a frame, or one that is to be skipped (`5x 2A 4D 18`), begins with these four bytes.
    static func isStartOfFrame(_ front: [UInt8]) -> Bool {
        front.starts(with: magic) || front.count > 3 && front[0] & 0xF0 == 0x50 && front[1...3] == [0x2A, 0x4D, 0x18]
    }

    /// From a few kilobytes gigabytes can be unpacked. What a recorder writes with its usual limits is taken in any case:
    /// 64 MiB as base64 twice, or a value of 256 MiB with its bytes.
    func maximumLineBytes(atMost limit: Int) -> Int { min(limit, max(384 << 20, 256 * file.length)) }

    func maximumElements(atMost limit: Int) -> Int { min(limit, max(1 << 24, file.length)) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> RecordingRead {
        while true {
            if unread.isEmpty { try fill() }
            // Not without any input, again and again: zstd takes that for an error. More may come behind an end.
            if unread.isEmpty, !mayHoldText { return .end(isTorn: frameStart != nil) }
            if frameStart == nil { frameStart = position }
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            // A block at a time: an error takes with it whatever else its call has unpacked.
            var source = ZSTD_inBuffer(
                src: UnsafeRawPointer(input.baseAddress.map { $0 + unread.lowerBound }),
                size: min(unread.count, max(wanted, 1)), pos: 0)
            let code = ZSTD_decompressStream(context, &output, &source)
            mayHoldText = output.pos == output.size
            if ZSTD_isError(code) != 0 { return .damage(try damage(code)) }
            unread = unread.lowerBound + source.pos..<unread.upperBound
            wanted = code
            if code == 0 {
                frameStart = nil
                wanted = Self.headerBytes
            }
            if output.pos > 0 { return .bytes(output.pos) }
        }
    }

    /// Where in the file is read next.
    private var position: Int { fileOffset - unread.count }

    private func fill() throws(RecordingError) {
        var count = 0
        if case .bytes(let read) = try file.read(into: input) { count = read }
        fileOffset += count
        unread = 0..<count
    }

    // MARK: Damage

    /// Goes on behind a damaged frame; gives the sentence that tells of it. What cannot be unpacked at all is thrown.
    private func damage(_ code: Int) throws(RecordingError) -> String {
        let start = frameStart ?? position
        switch ZSTD_getErrorCode(code) {
        case ZSTD_error_frameParameter_windowTooLarge:
            throw RecordingError(
                .cannotRead, file.path,
                "the compressed frame at byte \(start) looks back further than 128 MiB: "
                    + "unpack the file with zstd -d --long=31, and read what comes out")
        case ZSTD_error_dictionary_wrong, ZSTD_error_dictionary_corrupted:
            throw RecordingError(
                .cannotRead, file.path,
                "the compressed frame at byte \(start) needs a dictionary: unpack the file with zstd -d -D DICTIONARY, "
                    + "and read what comes out")
        case ZSTD_error_memory_allocation:
            throw RecordingError(.cannotRead, file.path, "no memory to unpack the frame at byte \(start)")
        default: break
        }
        let reason = ZSTD_getErrorName(code).map { String(cString: $0) } ?? "error"
        var text =
            "the compressed frame at byte \(start) is damaged before byte \(position + max(wanted, 1)) (\(reason))"
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        wanted = Self.headerBytes
        frameStart = nil
        let next = try nextFrame(behind: start, atLeast: position)
        text += next.map { "; what follows from byte \($0) may be whole" } ?? "; nothing behind it can be unpacked"
        return text
    }

    /// Goes to where a frame begins, behind the start of a damaged one; to the end where there is none.
    private func nextFrame(behind start: Int, atLeast position: Int) throws(RecordingError) -> Int? {
        var from = start + 1
        searchable -= position - start
        if searchable < 0 { from = max(position, from) }
        go(to: from)
        var matched = 0
        while true {
            if unread.isEmpty { try fill() }
            if unread.isEmpty { return nil }
            for index in unread {
                if input[index] == Self.magic[matched] {
                    matched += 1
                } else {
                    matched = input[index] == Self.magic[0] ? 1 : 0
                }
                guard matched == Self.magic.count else { continue }
                let found = fileOffset - unread.upperBound + index + 1 - matched
                go(to: found)
                return found
            }
            unread = unread.upperBound..<unread.upperBound
        }
    }

    /// Reads on from another place; what is at hand is not read again, since a hostile file can ask for this very often.
    private func go(to offset: Int) {
        let first = fileOffset - unread.upperBound
        if offset >= first, offset <= fileOffset {
            unread = offset - first..<unread.upperBound
        } else {
            file.seek(to: offset)
            fileOffset = offset
            unread = 0..<0
        }
    }
}
