/// The two formats of packets on disk.
package enum CaptureFormat: String, Sendable, Hashable, CaseIterable {
    /// The old one: a header, then packets with their times.
    case pcap
    /// The new one: blocks, among them comments, losses and the secrets of TLS.
    case pcapng

    /// The format that a file's name asks for: pcapng where it ends so, else pcap.
    package init(path: String) {
        self = path.lowercased().hasSuffix(".pcapng") ? .pcapng : .pcap
    }
}
