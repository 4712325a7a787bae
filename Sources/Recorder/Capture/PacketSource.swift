internal import CPcap
internal import Glibc

/// Packets from an interface, through libpcap. Used by one thread at a time.
///
/// It is not handed over packet by packet but by blocks, which costs far less: see `blockMilliseconds`.
final class PacketSource {
    /// Something that libpcap cannot do, or that this process may not.
    enum Problem: Error {
        /// The process has no right to capture.
        case noRight
        case failed(String)
    }

    /// One packet, for the time of the call.
    struct Packet {
        /// Nanoseconds since 1970.
        var time: Int64
        var bytes: UnsafeRawBufferPointer
        /// Its length; more than `bytes` where not all of it was kept.
        var originalLength: Int
    }

    /// What the kernel did not hand over.
    struct Losses {
        var byKernel = 0
        var byInterface = 0
    }

    /// A block of packets is handed over when it is full, or after this time.
    private static let blockMilliseconds: Int32 = 10
    /// More packets are not taken at a time.
    private static let maximumPackets: Int32 = 1024

    private let handle: OpaquePointer
    private let nanosecondsPerUnit: Int64

    /// Packets are taken from here on.
    init(interface: String, filter: String) throws(Problem) {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(interface, &message) else {
            throw .failed("cannot capture on \(interface): \(Self.text(of: message))")
        }
        self.handle = handle
        pcap_set_snaplen(handle, Int32(CaptureInterface.snapLength))
        pcap_set_promisc(handle, 0)
        // Not immediate mode: it gives each packet a slot of the longest one's size, 250 of them in this buffer.
        pcap_set_timeout(handle, Self.blockMilliseconds)
        pcap_set_buffer_size(handle, 16 << 20)
        // Where there are no nanoseconds there are microseconds.
        pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = pcap_activate(handle)
        nanosecondsPerUnit = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1_000
        guard status >= 0 else { throw Self.problem(status, on: interface, handle) }
        // A program that is started meanwhile has no business with the packets.
        _ = fcntl(pcap_fileno(handle), F_SETFD, FD_CLOEXEC)
        var program = bpf_program()
        guard pcap_compile(handle, &program, filter, 1, bpf_u_int32.max) == 0 else {
            throw .failed("cannot capture \(filter): \(Self.lastError(handle))")
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(handle, &program) == 0 else {
            throw .failed("cannot capture \(filter): \(Self.lastError(handle))")
        }
        guard pcap_setnonblock(handle, 1, &message) == 0, pcap_get_selectable_fd(handle) >= 0 else {
            throw .failed("cannot wait for packets on \(interface): \(Self.text(of: message))")
        }
    }

    deinit { pcap_close(handle) }

    /// Becomes readable when there are packets.
    var descriptor: Int32 { pcap_get_selectable_fd(handle) }

    /// What a file calls the kind of the packets. libpcap's own numbers differ from it for a few old kinds, of which
    /// interfaces that carry IP without anything in front (a tunnel) are the one that is left.
    var linkType: CaptureInterface.LinkType {
        let kind = pcap_datalink(handle)
        return kind == DLT_RAW ? .raw : CaptureInterface.LinkType(rawValue: UInt16(clamping: kind))
    }

    /// Gives some of the packets that are there to `body`, without waiting; returns their number.
    func takePackets(_ body: (Packet) -> Void) throws(Problem) -> Int {
        let count = withoutActuallyEscaping(body) { body in
            var call = Call(nanosecondsPerUnit: nanosecondsPerUnit, body: body)
            return withUnsafeMutablePointer(to: &call) { call in
                pcap_dispatch(
                    handle, Self.maximumPackets,
                    { argument, header, bytes in
                        guard let argument, let header else { return }
                        UnsafeMutableRawPointer(argument).assumingMemoryBound(to: Call.self)
                            .pointee.take(header.pointee, bytes)
                    }, UnsafeMutableRawPointer(call).assumingMemoryBound(to: UInt8.self))
            }
        }
        guard count >= 0 else { throw .failed("the capture ends here: \(Self.lastError(handle))") }
        return Int(count)
    }

    /// What libpcap's callback needs.
    private struct Call {
        var nanosecondsPerUnit: Int64
        var body: (Packet) -> Void

        func take(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>?) {
            let time = Int64(header.ts.tv_sec) * 1_000_000_000 + Int64(header.ts.tv_usec) * nanosecondsPerUnit
            body(
                Packet(
                    time: time, bytes: UnsafeRawBufferPointer(start: bytes, count: Int(header.caplen)),
                    originalLength: Int(header.len)))
        }
    }

    /// What is lacking since the start.
    var losses: Losses {
        var statistics = pcap_stat()
        guard pcap_stats(handle, &statistics) == 0 else { return Losses() }
        return Losses(byKernel: Int(statistics.ps_drop), byInterface: Int(statistics.ps_ifdrop))
    }

    // MARK: Errors

    private static func problem(_ status: Int32, on interface: String, _ handle: OpaquePointer) -> Problem {
        switch status {
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: return .noRight
        case PCAP_ERROR_NO_SUCH_DEVICE:
            let names = interfaceNames
            let hint = names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))"
            return .failed("cannot capture on \(interface): there is no such interface\(hint)")
        default:
            let detail = lastError(handle)
            let cause = detail.isEmpty ? String(cString: pcap_statustostr(status)) : detail
            return .failed("cannot capture on \(interface): \(cause)")
        }
    }

    /// The interfaces of this machine.
    private static var interfaceNames: [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var names: [String] = []
        var next = first
        while let entry = next?.pointee {
            if let name = entry.ifa_name.map({ String(cString: $0) }), !names.contains(name) { names.append(name) }
            next = entry.ifa_next
        }
        return names + ["any"]
    }

    private static func lastError(_ handle: OpaquePointer) -> String {
        pcap_geterr(handle).map { String(cString: $0) } ?? ""
    }

    private static func text(of message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
