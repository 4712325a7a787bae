internal import CPcap

/// A filter in libpcap's own language (pcap-filter(7)), for the packets of a file.
///
/// What it means in bytes depends on what packets begin with, so it is translated for each link type when that is first seen.
package final class PacketFilter {
    private let text: String
    private let path: String
    private var programs: [CaptureInterface.LinkType: UnsafeMutablePointer<bpf_program>] = [:]

    /// - Parameter path: the capture, for messages.
    init(_ text: String, path: String) {
        self.text = text
        self.path = path
    }

    deinit {
        for program in programs.values {
            pcap_freecode(program)
            program.deallocate()
        }
    }

    /// What is wrong with a filter's text, as libpcap says it; nil where it is one. Judged as for Ethernet, which knows every word.
    package static func fault(in text: String) -> String? {
        do throws(CaptureError) {
            try PacketFilter(text, path: "").compile(CaptureInterface.LinkType(rawValue: 1))
            return nil
        } catch {
            return error.reason
        }
    }

    /// Whether the filter takes a packet.
    func takes(_ packet: CapturedPacket) throws(CaptureError) -> Bool {
        let known = programs[packet.linkType]
        let program = if let known { known } else { try compile(packet.linkType) }
        var header = pcap_pkthdr()
        header.caplen = UInt32(clamping: packet.bytes.count)
        header.len = UInt32(clamping: packet.originalLength)
        guard let base = packet.bytes.baseAddress else { return false }
        return pcap_offline_filter(program, &header, base.assumingMemoryBound(to: UInt8.self)) != 0
    }

    @discardableResult
    private func compile(_ linkType: CaptureInterface.LinkType) throws(CaptureError) -> UnsafeMutablePointer<
        bpf_program
    > {
        // libpcap's own number for packets that begin with their IP header differs from the files'.
        let kind = linkType == .raw ? DLT_RAW : Int32(linkType.rawValue)
        guard let handle = pcap_open_dead(kind, Int32(CaptureInterface.snapLength)) else {
            throw CaptureError(.cannotCapture, path, "libpcap knows no link type \(linkType.rawValue)")
        }
        defer { pcap_close(handle) }
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        program.initialize(to: bpf_program())
        guard pcap_compile(handle, program, text, 1, bpf_u_int32.max) == 0 else {
            program.deallocate()
            let reason = pcap_geterr(handle).map { String(cString: $0) } ?? ""
            throw CaptureError(
                .cannotCapture, path, "the filter \"\(text)\" is none for link type \(linkType.rawValue): \(reason)")
        }
        programs[linkType] = program
        return program
    }
}

@available(*, unavailable)
extension PacketFilter: Sendable {}
