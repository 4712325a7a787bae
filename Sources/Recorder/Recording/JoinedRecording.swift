/// Several files of one recording, read as the one that `cat` would make of them. It has no name, and is gone with this.
package final class JoinedRecording {
    private let file: NamelessFile
    private static let pieceBytes = 1 << 20

    /// Where it is read.
    package var path: String { file.path }

    /// Puts files together; what is compressed is unpacked.
    package init(_ paths: [String]) throws(RecordingError) {
        file = try NamelessFile()
        let output = try PrivateFile(making: file.path, .recording, file.operations)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        for path in paths {
            let input = try RecordingFile.bytes(of: path)
            var last: UInt8 = 10
            reading: while true {
                switch try input.read(into: buffer) {
                case .bytes(let count):
                    try Self.check(output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count])), path)
                    last = buffer[count - 1]
                case .damage(let reason): throw RecordingError(.damagedLine, path, reason)
                case .end: break reading
                }
            }
            // A torn last line is damaged for itself, not with the next file's header.
            if last != 10 { try Self.check([UInt8(10)].withUnsafeBytes { output.write($0) }, path) }
        }
    }

    private static func check(_ number: Int32, _ path: String) throws(RecordingError) {
        guard number != 0 else { return }
        throw RecordingError(
            .cannotWrite, path,
            "cannot be put together with the files that go on from it: \(systemMessage(number)); TMPDIR names another folder"
        )
    }
}
