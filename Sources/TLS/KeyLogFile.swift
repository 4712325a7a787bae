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
    private let descriptor: Int32
    private let failed: @Sendable (TLSSetupError) -> Void
    private let hasFailed = Atomic(false)

    /// Makes the file, which must not be there yet.
    ///
    /// - Parameter failed: told once, should a line not be written.
    package convenience init(_ path: String, failed: @escaping @Sendable (TLSSetupError) -> Void) throws(TLSSetupError)
    {
        try self.init(path, flags: O_CREAT | O_EXCL, failed: failed)
    }

    /// Writes to a file that is there already.
    convenience init(opened path: String, failed: @escaping @Sendable (TLSSetupError) -> Void) throws(TLSSetupError) {
        try self.init(path, flags: 0, failed: failed)
    }

    private init(
        _ path: String, flags: Int32, failed: @escaping @Sendable (TLSSetupError) -> Void
    ) throws(TLSSetupError) {
        self.path = path
        self.failed = failed
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else {
            let number = errno
            throw TLSSetupError(
                .keyLog,
                number == EEXIST
                    ? "the key log \(path) exists already, and nothing is overwritten: choose another name, or remove it"
                    : "cannot make the key log \(path): \(String(cString: strerror(number)))")
        }
    }

    deinit { close(descriptor) }

    /// Writes a line, at once and whole: with `O_APPEND` lines of several threads do not mix.
    package func write(_ line: ByteBuffer) {
        let written = line.withUnsafeReadableBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written != line.readableBytes else { return }
        let reason = written < 0 ? String(cString: strerror(errno)) : "only a part of a line fitted"
        guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
        failed(TLSSetupError(.keyLog, "the key log \(path) is not complete: \(reason)"))
    }
}
