/// Reads a capture packet by packet into a table of connections.
struct CaptureReading<Observer: ConnectionObserver>: ~Copyable {
    let reader: CaptureReader
    private var decoder: PacketDecoder
    let table: ConnectionTable<Observer>
    private let filter: PacketFilter?
    private let wanted: WantedPorts
    private(set) var filtered = 0
    /// Servers' ports of connections that are not wanted.
    private(set) var otherPorts: [UInt16: Int] = [:]

    /// More ports are not told of.
    private static var maximumOtherPorts: Int { 1_024 }

    init(_ reader: CaptureReader, _ settings: ImportSettings, _ observer: Observer) {
        self.reader = reader
        let wanted = WantedPorts(settings.ports)
        self.wanted = wanted
        decoder = PacketDecoder { wanted.holds($0) || wanted.holds($1) }
        decoder.dropsWrongChecksums = settings.dropsWrongChecksums
        filter = settings.filter.map { PacketFilter($0, path: reader.name) }
        table = ConnectionTable(
            observer: observer, limits: settings.reassembly, isServerPort: { wanted.holds($0) },
            isNamedPort: { wanted.isNamed($0) })
    }

    /// Reads the next packet; its time. Nil at the end.
    @inline(__always)
    mutating func step(_ willTake: (CapturedPacket) -> Void) throws(CaptureError) -> Bool {
        guard let packet = try reader.next() else { return false }
        willTake(packet)
        if let filter, try !filter.takes(packet) {
            filtered += 1
            return true
        }
        guard let segment = decoder.segment(in: packet) else { return true }
        guard wanted.holds(segment.source.port) || wanted.holds(segment.destination.port) else {
            if segment.flags.contains(.syn) { noteOther(segment) }
            return true
        }
        table.take(segment)
        return true
    }

    private mutating func noteOther(_ segment: TCPSegment) {
        let port = segment.flags.contains(.acknowledgement) ? segment.source.port : segment.destination.port
        guard otherPorts[port] != nil || otherPorts.count < Self.maximumOtherPorts else { return }
        otherPorts[port, default: 0] += segment.flags.contains(.acknowledgement) ? 0 : 1
    }

    /// What was read, once all was.
    mutating func counts() -> PacketCounts {
        decoder.finish()
        var counts = decoder.counts
        counts.packets = reader.packets + reader.unreadable
        counts.filtered = filtered
        counts.unreadable = reader.unreadable
        counts.outsideWindow = table.outsideWindow
        counts.afterEnd = table.afterEnd
        counts.afterClose = table.afterClose
        counts.beforeStart = table.beforeStart
        counts.strayResets = table.strayResets
        return counts
    }
}

/// Which ports a server may have, with an answer at once.
struct WantedPorts {
    private var isNamedPort = [Bool](repeating: false, count: 1 << 16)
    private let takesAll: Bool

    init(_ ports: [ImportedPort]) {
        takesAll = ports.isEmpty
        for port in ports { isNamedPort[port.number & 0xFFFF] = true }
    }

    @inline(__always)
    func holds(_ port: UInt16) -> Bool { takesAll || isNamedPort[Int(port)] }

    @inline(__always)
    func isNamed(_ port: UInt16) -> Bool { isNamedPort[Int(port)] }
}
