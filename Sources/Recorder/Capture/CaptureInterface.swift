/// Where the packets of a file were taken, as its header has it.
package struct CaptureInterface: Sendable, Hashable {
    /// What each packet begins with, as tcpdump.org/linktypes.html numbers it.
    package struct LinkType: RawRepresentable, Sendable, Hashable {
        package var rawValue: UInt16

        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// The IP header; its first half byte is the version.
        package static let raw = LinkType(rawValue: 101)
    }

    /// More bytes of one packet are never kept; no packet of TCP has as many.
    package static let snapLength = 262_144

    package var name: String
    package var linkType: LinkType
    /// Which packets are taken, in libpcap's language; nil: all.
    package var filter: String?

    package init(name: String, linkType: LinkType, filter: String? = nil) {
        self.name = name
        self.linkType = linkType
        self.filter = filter
    }
}
