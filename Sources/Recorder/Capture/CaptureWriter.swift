internal import Codecs
import Synchronization

/// A capture that is being written: one file, one order of packets over all event loops.
///
/// `add` gives packets their place and keeps them in memory; `commit` hands all so far to the kernel in one `write(2)`, once
/// a turn of an event loop. A slow disk makes the loop wait, so that nothing is lost and memory stays bounded.
///
/// The first write that fails ends the capture, not the server: the file is cut back to its last whole packet, `onFailure`
/// is told once, later packets are not taken, and `end` throws.
package final class CaptureWriter: Sendable {
    /// The file's path as it was given.
    package let path: String
    package let format: CaptureFormat
    private let onFailure: (@Sendable (CaptureError) -> Void)?
    private let state: Mutex<State>
    private let file: Mutex<FileState>

    /// Packets that have their place but are not written yet.
    private struct State: ~Copyable {
        var packets: PacketWriter
        /// Written before `packets`.
        var secrets = ByteWriter()
        var isEnded = false
        var failure: CaptureError?
    }

    /// What is being written; locked before `State` is.
    private struct FileState: ~Copyable {
        let file: PrivateFile
        var secrets = ByteWriter()
        var packets = ByteWriter(capacity: 4 << 10)
        var summary: CaptureSummary?
    }

    /// As much waits in memory at most until it is written, whatever a turn of an event loop brings.
    private static let maximumPendingBytes = 4 << 20

    /// Makes the file, readable by its owner alone, in the format that its name asks for, and writes its header. A file
    /// that exists is left alone and is an error.
    ///
    /// `operations`: what writes; a test may have it fail.
    package init(
        path: String, interface: CaptureInterface, application: String,
        operations: FileOperations = .system, onFailure: (@Sendable (CaptureError) -> Void)? = nil
    ) throws(CaptureError) {
        self.path = path
        self.onFailure = onFailure
        format = CaptureFormat(path: path)
        let made: PrivateFile
        do throws(RecordingError) {
            made = try PrivateFile(making: path, .other, operations)
        } catch {
            throw CaptureError(.cannotOpen, path, error.reason)
        }
        file = Mutex(FileState(file: made))
        var packets = PacketWriter(format: format)
        packets.begin(interface, application: application)
        state = Mutex(State(packets: packets))
        if let failure = write() {
            // An empty file would only be in the way of the next try.
            discard()
            throw failure
        }
    }

    /// Takes the file away that was just made.
    package func discard() { file.withLock { $0.file.remove() } }

    /// Lets `body` append packets, in its turn; not after the end or a failure.
    package func add(_ body: (inout PacketWriter) -> Void) {
        let isTooMuch = state.withLock { state in
            guard !state.isEnded, state.failure == nil else { return false }
            body(&state.packets)
            return state.packets.bytes.count > Self.maximumPendingBytes
        }
        if isTooMuch { commit() }
    }

    /// Takes lines of a TLS key log into the file, in front of every packet that is not written yet. A file in the format
    /// pcap has no place for them.
    package func addSecrets(_ keyLog: [UInt8]) {
        guard format == .pcapng, !keyLog.isEmpty else { return }
        state.withLock { state in
            guard !state.isEnded, state.failure == nil else { return }
            keyLog.withUnsafeBytes { PcapngBlock.writeSecrets($0, into: &state.secrets) }
        }
    }

    /// Hands all packets so far to the kernel; returns when it has them, also where another thread was writing them.
    package func commit() {
        if let failure = write() { onFailure?(failure) }
    }

    /// What ended the capture, if anything did.
    package var failure: CaptureError? { state.withLock { $0.failure } }

    /// Ends the capture by something else than a write.
    package func fail(_ failure: CaptureError) {
        // What is there already belongs to the capture.
        commit()
        let isFirst = state.withLock { state in
            guard state.failure == nil, !state.isEnded else { return false }
            state.failure = failure
            return true
        }
        if isFirst { onFailure?(failure) }
    }

    /// Writes the end with what the file lacks, and closes it; gives what it holds. Throws what ended the capture earlier.
    /// A second call gives the same again.
    package func end(droppedByKernel: Int = 0, droppedByInterface: Int = 0) throws(CaptureError) -> CaptureSummary {
        let summary = state.withLock { state in
            let summary = CaptureSummary(
                packets: state.packets.packets, droppedByKernel: droppedByKernel,
                droppedByInterface: droppedByInterface)
            if !state.isEnded, state.failure == nil { state.packets.end(summary, at: CaptureClock.now()) }
            state.isEnded = true
            return summary
        }
        commit()
        let (kept, number): (CaptureSummary, Int32) = file.withLock { file in
            if let earlier = file.summary { return (earlier, 0) }
            file.summary = summary
            return (summary, file.file.close())
        }
        if let failure { throw failure }
        if number != 0 { throw fail(number) }
        return kept
    }

    // MARK: Writing

    /// Writes what is pending; gives the error if that fails, but only once.
    private func write() -> CaptureError? {
        file.withLock { file in
            let mayWrite = state.withLock { state in
                guard state.failure == nil else { return false }
                swap(&state.packets.bytes, &file.packets)
                swap(&state.secrets, &file.secrets)
                return true
            }
            guard mayWrite, file.packets.count + file.secrets.count > 0 else { return nil }
            // Without the part of a packet that was written the file reads to its end.
            let (written, format) = (file.file, format)
            var number = file.secrets.withUnsafeBytes { bytes in
                written.write(bytes) { PacketWriter.wholeBytes(of: $0, format) }
            }
            if number == 0 {
                number = file.packets.withUnsafeBytes { bytes in
                    written.write(bytes) { PacketWriter.wholeBytes(of: $0, format) }
                }
            }
            guard number == 0 else { return fail(number) }
            file.secrets.removeAll(keeping: 4 << 10)
            file.packets.removeAll(keeping: 1 << 20)
            return nil
        }
    }

    /// Takes no more packets; gives the error that `end` throws.
    private func fail(_ number: Int32) -> CaptureError {
        let error = CaptureError(
            .cannotWrite, path, "cannot write: \(systemMessage(number)); the capture ends here")
        state.withLock { state in
            state.failure = error
            state.packets.bytes.removeAll()
            state.secrets.removeAll()
        }
        return error
    }
}
