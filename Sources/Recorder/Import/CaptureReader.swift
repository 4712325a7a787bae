/// Reads the packets of a capture, whichever of the two formats it has.
///
/// The structure of the files is read here and not by libpcap, which refuses a pcapng file of two link types, and knows
/// neither the secrets in one nor how to go on from a damaged packet.
final class CaptureReader {
    /// What the file is called in messages.
    let name: String
    private let input: CaptureInput
    private let records: any CaptureRecords
    /// Packets so far.
    @exclusivity(unchecked) private(set) var packets = 0

    /// Opens a file or pipe, `-` for stdin, and reads its header.
    init(path: String) throws(CaptureError) {
        input = try CaptureInput(path: path)
        name = input.name
        let isThere = try input.holds(4)
        let front = Array(input.front.prefix(6))
        if !isThere, input.isInterrupted {
            throw CaptureError(.cannotRead, name, "interrupted before a capture began in it")
        }
        if front.isEmpty { throw CaptureError(.foreign, name, "is empty: nothing was ever captured here") }
        switch CaptureGuess(front) {
        case .pcap: records = try PcapRecords(input)
        case .pcapng: records = PcapngRecords(input)
        case .other(let reason): throw CaptureError(.foreign, name, reason)
        }
    }

    /// The next packet; nil at the end, of which `ending` tells.
    @inline(__always)
    func next() throws(CaptureError) -> CapturedPacket? {
        guard var packet = try records.next() else { return nil }
        packets &+= 1
        packet.number = packets &+ records.unreadable
        return packet
    }

    /// Somebody ended the reading while nothing came.
    var isInterrupted: Bool { input.isInterrupted }
    var ending: CaptureEnding { records.ending }
    var unreadable: Int { records.unreadable }

    /// Called where nothing comes for now, as from a pipe.
    var beforeWaiting: () -> Void {
        get { input.beforeWaiting }
        set { input.beforeWaiting = newValue }
    }

    /// The lines of a TLS key log that stand in a capture, in any place of it; of what is damaged those before the damage.
    static func secrets(of path: String) -> [UInt8] {
        guard let reader = try? CaptureReader(path: path), type(of: reader.records).mayHoldSecrets else { return [] }
        while (try? reader.records.next()) != nil, !Task.isCancelled {}
        return reader.records.secrets
    }
}

@available(*, unavailable)
extension CaptureReader: Sendable {}

/// What a file is, told by its first bytes.
package enum CaptureGuess: Sendable {
    case pcap
    case pcapng
    /// No capture; a sentence part that says so.
    case other(String)

    package init(_ front: some Collection<UInt8>) {
        let magics: [[UInt8]] = [
            [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
            [0x34, 0xCD, 0xB2, 0xA1], [0xA1, 0xB2, 0xCD, 0x34],
        ]
        if front.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]) {
            self = .pcapng
        } else if magics.contains(where: { front.starts(with: $0) }) {
            self = .pcap
        } else if front.starts(with: [0x1F, 0x8B]) {
            self = .other("is compressed with gzip: gunzip -c FILE | tapedeck import - …")
        } else if ZstandardBytes.isStartOfFrame(Array(front.prefix(4))) {
            self = .other("is compressed with zstd: zstd -dc FILE | tapedeck import - …")
        } else if front.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) {
            self = .other("is compressed with xz: xz -dc FILE | tapedeck import - …")
        } else if front.first == UInt8(ascii: "{") {
            self = .other("is no capture of packets; a recording is read by tapedeck show")
        } else {
            self = .other("is no capture: it begins neither as pcap nor as pcapng does")
        }
    }

    /// Whether it is one of packets.
    package var isCapture: Bool {
        if case .other = self { false } else { true }
    }
}
