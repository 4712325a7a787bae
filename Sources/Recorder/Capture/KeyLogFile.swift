internal import Glibc
package import NIOCore
internal import Synchronization

/// A file of TLS secrets in the NSS key log format, with which Wireshark and tshark decrypt a capture.
///
/// A line for each secret (draft-ietf-tls-keylogfile): `LABEL CLIENT_RANDOM SECRET`, both in hexadecimal, such as
/// `CLIENT_TRAFFIC_SECRET_0 <64 digits> <64 or 96 digits>`. Whoever has it can read the conversations, so that it is made
/// for its owner alone.
package final class KeyLogFile: Sendable {
    package let path: String
    private let file: Mutex<PrivateFile>
    private let failed: @Sendable (CaptureError) -> Void
    private let hasFailed = Atomic(false)

    /// Makes the file, which must not be there yet.
    ///
    /// - `operations`: what writes; a test may have it fail.
    /// - `failed`: told once, should a line not be written.
    package init(
        _ path: String, operations: FileOperations = .system, failed: @escaping @Sendable (CaptureError) -> Void
    ) throws(CaptureError) {
        self.path = path
        self.failed = failed
        do throws(RecordingError) {
            file = Mutex(try PrivateFile(making: path, .other, operations))
        } catch {
            throw CaptureError(.cannotOpen, path, "the key log \(error.reason)")
        }
    }

    /// Writes a line, at once and whole or not at all; lines of several threads do not mix.
    package func write(_ line: ByteBuffer) {
        let number = file.withLock { file in line.withUnsafeReadableBytes { file.write($0) } }
        guard number != 0, !hasFailed.exchange(true, ordering: .relaxed) else { return }
        failed(CaptureError(.cannotWrite, path, "the key log is not complete: \(systemMessage(number))"))
    }

    /// Takes the file away that was just made.
    package func discard() { file.withLock { $0.remove() } }
}
