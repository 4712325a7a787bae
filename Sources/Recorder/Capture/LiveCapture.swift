internal import CPcap
internal import Glibc
import Synchronization

/// The packets of the listened ports, written to a pcap file by a thread of its own while a server runs.
///
/// Packets are taken by the time `init` returns, so those of the first client are in the file. They reach the file
/// at most some 20 ms after they passed, and killing the process then leaves a file that reads up to its last packet.
/// Times are in nanoseconds. A write that fails, or an interface that goes away, ends the capture, not the server.
package final class LiveCapture: Sendable {
    /// What a capture took.
    package struct Summary: Sendable, Hashable {
        /// Packets in the file.
        package var packets: Int
        /// Packets that the kernel had no room for; the file lacks them.
        package var droppedByKernel: Int

        package init(packets: Int, droppedByKernel: Int) {
            self.packets = packets
            self.droppedByKernel = droppedByKernel
        }
    }

    /// The file's path as it was given.
    package let path: String
    /// The interface that is captured: `lo` or `any`.
    package let interface: String
    private let result: CaptureResult
    private let running: Mutex<Running?>

    private struct Running {
        var thread: pthread_t
        /// Closing it ends the thread.
        var stopEnd: Int32
    }

    /// Starts to capture and makes the file, readable by its owner alone. A file that exists is left alone and is an
    /// error; so is a process without the right to capture, which leaves no file behind.
    ///
    /// - Parameters:
    ///   - addresses: where the server listens.
    ///   - onFailure: called on the capture's thread if the capture ends by itself; `stop` throws the same error.
    package init(
        path: String, addresses: [(host: String, port: Int)], onFailure: (@Sendable (CaptureError) -> Void)? = nil
    ) throws(CaptureError) {
        self.path = path
        interface = Self.interface(for: addresses.map(\.host))
        let result = CaptureResult()
        self.result = result
        guard let filter = Self.filter(for: addresses.map(\.port)) else {
            throw CaptureError(.cannotCapture, path, "there is no port to capture")
        }
        var ends: [Int32] = [-1, -1]
        // Both ends are closed in a program that is started meanwhile, so closing one here always ends the thread.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw CaptureError(.cannotCapture, path, "cannot capture: \(systemMessage(errno))")
        }
        let loop = CaptureLoop(path: path, stopEnd: ends[0], result: result, onFailure: onFailure)
        do {
            try loop.open(interface: interface, filter: filter)
            try loop.makeFile()
            running = Mutex(Running(thread: try loop.startThread(), stopEnd: ends[1]))
        } catch {
            close(ends[1])
            throw error
        }
    }

    deinit {
        endThread()
    }

    /// Takes what the kernel still holds, closes the file, and gives what was captured. Throws what ended the capture
    /// earlier. Blocks until the thread has ended, some 50 ms; a second call gives the same again.
    package func stop() throws(CaptureError) -> Summary {
        endThread()
        return try result.value.withLock { $0 }.get()
    }

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
        if host == "localhost" { return true }
        var version4 = in_addr()
        if inet_pton(AF_INET, host, &version4) == 1 { return UInt32(bigEndian: version4.s_addr) >> 24 == 127 }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, host, &version6) == 1 else { return false }
        let bytes = withUnsafeBytes(of: version6) { Array($0) }
        let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127])
        return isMapped || bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    }
}

/// What the thread leaves behind when it ends.
private final class CaptureResult: Sendable {
    let value = Mutex(
        Result<LiveCapture.Summary, CaptureError>.success(LiveCapture.Summary(packets: 0, droppedByKernel: 0)))
}

/// libpcap's handles. Used by whoever makes it until the thread runs, and by the thread alone from then on.
private final class CaptureLoop {
    private let path: String
    /// Ends when the capture is to stop.
    private let stopEnd: Int32
    private let result: CaptureResult
    private let onFailure: (@Sendable (CaptureError) -> Void)?
    private var handle: OpaquePointer?
    private var dumper: OpaquePointer?
    private var stream: UnsafeMutablePointer<FILE>?
    /// The file once more: it can be cut when the stream is closed.
    private var descriptor: Int32 = -1
    /// The file's length up to its last whole packet.
    private var wholeLength: off_t = 0
    private var packets = 0
    /// The first write that failed, or 0.
    private var writeError: Int32 = 0

    /// A block of packets is handed over when it is full, or after this time.
    private static let blockMilliseconds: Int32 = 10
    /// Quiet for so long after the end was asked for: the kernel holds no block any more.
    private static let quietMilliseconds: Int32 = 40
    /// A port that is never quiet is left after this time.
    private static let drainMicroseconds: Int64 = 1_000_000

    init(
        path: String, stopEnd: Int32, result: CaptureResult, onFailure: (@Sendable (CaptureError) -> Void)?
    ) {
        self.path = path
        self.stopEnd = stopEnd
        self.result = result
        self.onFailure = onFailure
    }

    deinit {
        closeFile()
        if let handle { pcap_close(handle) }
        close(stopEnd)
    }

    // MARK: Start

    /// Packets are taken from here on.
    func open(interface: String, filter: String) throws(CaptureError) {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(interface, &message) else {
            throw cannotCapture("cannot capture on \(interface): \(text(of: message))")
        }
        self.handle = handle
        pcap_set_snaplen(handle, 262_144)
        pcap_set_promisc(handle, 0)
        // Not immediate mode: it gives each packet a slot of the longest one's size, 250 of them in this buffer.
        pcap_set_timeout(handle, Self.blockMilliseconds)
        pcap_set_buffer_size(handle, 16 << 20)
        // Where there are no nanoseconds there are microseconds, and the file says so.
        pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = pcap_activate(handle)
        guard status >= 0 else {
            if status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED { throw noRight() }
            let detail = lastError(handle)
            let cause = detail.isEmpty ? String(cString: pcap_statustostr(status)) : detail
            throw cannotCapture("cannot capture on \(interface): \(cause)")
        }
        // A program that is started meanwhile has no business with the packets.
        _ = fcntl(pcap_fileno(handle), F_SETFD, FD_CLOEXEC)
        var program = bpf_program()
        guard pcap_compile(handle, &program, filter, 1, bpf_u_int32.max) == 0 else {
            throw cannotCapture("cannot capture \(filter): \(lastError(handle))")
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(handle, &program) == 0 else {
            throw cannotCapture("cannot capture \(filter): \(lastError(handle))")
        }
        guard pcap_setnonblock(handle, 1, &message) == 0, pcap_get_selectable_fd(handle) >= 0 else {
            throw cannotCapture("cannot wait for packets on \(interface): \(text(of: message))")
        }
    }

    func makeFile() throws(CaptureError) {
        // O_EXCL refuses links, folders and pipes that stand there as well.
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            let number = errno
            throw CaptureError(
                .cannotOpen, path,
                number == EEXIST
                    ? "exists already, and nothing is overwritten: name another file or move this one away"
                    : "cannot make this file: \(systemMessage(number))")
        }
        // The umask may only take rights away; the file is the owner's alone whatever it says.
        fchmod(file, 0o600)
        descriptor = fcntl(file, F_DUPFD_CLOEXEC, 3)
        stream = fdopen(file, "w")
        if stream == nil { close(file) }
        guard descriptor >= 0, let stream, let handle else { throw removeFile(errno) }
        setvbuf(stream, nil, _IOFBF, 256 << 10)
        dumper = pcap_dump_fopen(handle, stream)
        guard let dumper, pcap_dump_flush(dumper) == 0 else { throw removeFile(errno) }
        wholeLength = off_t(pcap_dump_ftell(dumper))
    }

    /// Starts the thread, which holds this object from then on.
    func startThread() throws(CaptureError) -> pthread_t {
        // Signals are for the threads that wait for them.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self)
        let number = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<CaptureLoop>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, held.toOpaque())
        guard number == 0 else {
            held.release()
            throw removeFile(number)
        }
        return thread
    }

    // MARK: The thread

    private func run() {
        guard let handle else { return }
        var waited = [
            pollfd(fd: pcap_get_selectable_fd(handle), events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopEnd, events: Int16(POLLIN), revents: 0),
        ]
        while waited[1].revents == 0 {
            poll(&waited, 2, -1)
            do { _ = try takePackets(handle) } catch { return end(error) }
        }
        let deadline = RecordingClock.monotonic() + Self.drainMicroseconds
        while RecordingClock.monotonic() < deadline {
            let isQuiet = poll(&waited, 1, Self.quietMilliseconds) == 0
            do {
                let isEmpty = try takePackets(handle) == 0
                if isQuiet, isEmpty { break }
            } catch {
                return end(error)
            }
        }
        var statistics = pcap_stat()
        pcap_stats(handle, &statistics)
        closeFile()
        let summary = LiveCapture.Summary(packets: packets, droppedByKernel: Int(statistics.ps_drop))
        result.value.withLock { $0 = .success(summary) }
    }

    /// Writes some of the packets that are there and hands them to the kernel; gives their number.
    private func takePackets(_ handle: OpaquePointer) throws(CaptureError) -> Int {
        let count = pcap_dispatch(
            handle, 1024,
            { argument, header, bytes in
                guard let argument else { return }
                Unmanaged<CaptureLoop>.fromOpaque(argument).takeUnretainedValue().write(header, bytes)
            }, Unmanaged.passUnretained(self).toOpaque().assumingMemoryBound(to: UInt8.self))
        let detail = count < 0 ? lastError(handle) : ""
        if writeError == 0, let dumper, pcap_dump_flush(dumper) != 0 { writeError = errno }
        guard writeError == 0 else {
            throw CaptureError(.cannotWrite, path, "cannot write: \(systemMessage(writeError)); the capture ends here")
        }
        if let dumper { wholeLength = off_t(pcap_dump_ftell(dumper)) }
        guard count >= 0 else { throw cannotCapture("the capture ends here: \(detail)") }
        packets += Int(count)
        return Int(count)
    }

    private func write(_ header: UnsafePointer<pcap_pkthdr>?, _ bytes: UnsafePointer<UInt8>?) {
        guard writeError == 0, let dumper, let stream else { return }
        pcap_dump(UnsafeMutableRawPointer(dumper).assumingMemoryBound(to: UInt8.self), header, bytes)
        // libpcap does not say whether it could.
        if ferror(stream) != 0 { writeError = errno }
    }

    private func end(_ error: CaptureError) {
        closeFile()
        result.value.withLock { $0 = .failure(error) }
        onFailure?(error)
    }

    /// Closes the file; after a failed write without the part of a packet that was written.
    private func closeFile() {
        if let dumper {
            pcap_dump_close(dumper)
        } else if let stream {
            fclose(stream)
        }
        if descriptor >= 0 {
            if writeError != 0 { ftruncate(descriptor, wholeLength) }
            close(descriptor)
        }
        (dumper, stream, descriptor) = (nil, nil, -1)
    }

    // MARK: Errors

    /// Takes away the file that was just made, because the capture cannot start.
    private func removeFile(_ number: Int32) -> CaptureError {
        closeFile()
        unlink(path)
        return CaptureError(.cannotWrite, path, "cannot write: \(systemMessage(number))")
    }

    private func cannotCapture(_ reason: String) -> CaptureError { CaptureError(.cannotCapture, path, reason) }

    private func noRight() -> CaptureError {
        var program = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = program.withUnsafeMutableBytes { buffer in
            buffer.assumingMemoryBound(to: CChar.self).baseAddress.map {
                readlink("/proc/self/exe", $0, buffer.count)
            } ?? 0
        }
        let name = count > 0 ? String(decoding: program.prefix(count), as: UTF8.self) : "tapedeck"
        let isPlain = name.utf8.allSatisfy { byte in
            "/._-+".utf8.contains(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        }
        let parts = name.split(separator: "'", omittingEmptySubsequences: false)
        let quoted = isPlain ? name : "'" + parts.joined(separator: "'\\''") + "'"
        return CaptureError(
            .noRight, path,
            "this process may not capture packets; `sudo setcap cap_net_raw,cap_net_admin+eip \(quoted)` gives it the right"
        )
    }

    private func lastError(_ handle: OpaquePointer) -> String { pcap_geterr(handle).map { String(cString: $0) } ?? "" }

    private func text(of message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
