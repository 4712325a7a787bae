internal import Glibc
import Synchronization

/// The packets of the listened ports, written to a file by a thread of its own while a server runs.
///
/// Packets are taken by the time `init` returns, so those of the first client are in the file. They reach the file
/// at most some 20 ms after they passed, and killing the process then leaves a file that reads up to its last packet.
/// Times are in nanoseconds. A write that fails, or an interface that goes away, ends the capture, not the server.
package final class LiveCapture: PacketCapture {
    /// The file's path as it was given.
    package let path: String
    /// The interface that is captured.
    package let interface: String
    private let writer: CaptureWriter
    private let running: Mutex<Running?>
    private let losses: CaptureLosses

    private struct Running {
        var thread: pthread_t
        /// Closing it ends the thread.
        var stopEnd: Int32
    }

    /// Starts to capture and makes the file, readable by its owner alone. A file that exists is left alone and is an
    /// error; so is a process without the right to capture, which leaves no file behind.
    ///
    /// - Parameters:
    ///   - path: the file; its ending says the format.
    ///   - addresses: where the server listens.
    ///   - interface: where to capture; nil: `lo` if all addresses are loopback ones, else `any`.
    ///   - application: who writes the file, for its header.
    ///   - awaitsSecrets: keep packets back for a moment, so that the secrets of a TLS connection stand in front of what
    ///     they open also where this process learns them later than the kernel sees those packets: a TLS 1.2 client's
    ///     first encrypted one, and whatever a client of TLS captures.
    ///   - onFailure: called on the capture's thread if the capture ends by itself; `stop` throws the same error.
    package init(
        path: String, addresses: [(host: String, port: Int)], interface: String? = nil,
        application: String = "tapedeck",
        awaitsSecrets: Bool = false, onFailure: (@Sendable (CaptureError) -> Void)? = nil
    ) throws(CaptureError) {
        self.path = path
        let interface = interface ?? Self.interface(for: addresses.map(\.host))
        self.interface = interface
        guard let filter = Self.filter(for: addresses.map(\.port)) else {
            throw CaptureError(.cannotCapture, path, "there is no port to capture")
        }
        let source: PacketSource
        do {
            source = try PacketSource(interface: interface, filter: filter)
        } catch {
            throw CaptureError(error, path)
        }
        var ends: [Int32] = [-1, -1]
        // Both ends are closed in a program that is started meanwhile, so closing one here always ends the thread.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw CaptureError(.cannotCapture, path, "cannot capture: \(systemMessage(errno))")
        }
        do {
            writer = try CaptureWriter(
                path: path, interface: CaptureInterface(name: interface, linkType: source.linkType, filter: filter),
                application: application, onFailure: onFailure)
        } catch {
            for end in ends { close(end) }
            throw error
        }
        losses = CaptureLosses()
        let loop = CaptureLoop(
            source: source, stopEnd: ends[0], writer: writer, losses: losses, awaitsSecrets: awaitsSecrets)
        do {
            running = Mutex(Running(thread: try loop.startThread(), stopEnd: ends[1]))
        } catch {
            close(ends[1])
            writer.discard()
            throw error
        }
    }

    deinit {
        endThread()
    }

    /// Takes lines of a TLS key log, as `SSLKEYLOGFILE` has them, into the file: in front of all packets that come later.
    /// A pcap file has no place for them.
    package func addSecrets(_ keyLog: [UInt8]) { writer.addSecrets(keyLog) }

    /// Takes what the kernel still holds, closes the file, and gives what was captured. Throws what ended the capture
    /// earlier. Blocks until the thread has ended, some 50 ms; a second call gives the same again.
    package func stop() throws(CaptureError) -> CaptureSummary {
        endThread()
        let lost = losses.value.withLock { $0 }
        return try writer.end(droppedByKernel: lost.byKernel, droppedByInterface: lost.byInterface)
    }

    package func discard() { writer.discard() }

    private func endThread() {
        running.withLock {
            guard let ending = $0 else { return }
            close(ending.stopEnd)
            pthread_join(ending.thread, nil)
            $0 = nil
        }
    }

    /// The interface on which connections to these hosts are seen: `lo` if all are loopback addresses, else `any`.
    package static func interface(for hosts: [String]) -> String {
        hosts.allSatisfy(isLoopback) ? "lo" : "any"
    }

    /// The filter in libpcap's language; nil without ports, or with one outside 1...65535.
    package static func filter(for ports: [Int]) -> String? {
        guard !ports.isEmpty, ports.allSatisfy({ 1...65_535 ~= $0 }) else { return nil }
        return "tcp and (" + Set(ports).sorted().map { "port \($0)" }.joined(separator: " or ") + ")"
    }

    private static func isLoopback(_ host: String) -> Bool {
        switch IPAddress(host) {
        case .version4(let number)?: number >> 24 == 127
        case .version6(0, 1)?: true
        case .version6?: false
        case nil: host == "localhost"
        }
    }
}

/// What the thread leaves behind when it ends.
final class CaptureLosses: Sendable {
    let value = Mutex(PacketSource.Losses())
}
