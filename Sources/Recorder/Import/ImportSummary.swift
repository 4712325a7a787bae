internal import Codecs

/// What an import found.
package struct ImportSummary: Sendable {
    package var counts = PacketCounts()
    package var ending = CaptureEnding.whole
    package var sessions = 0
    package var messages = 0
    /// What is missing or doubtful, in words, the first ones of all.
    package private(set) var remarks: [String] = []
    /// How many more there were.
    package private(set) var moreRemarks = 0
    package var gaps = 0
    package var missingBytes: Int64 = 0
    package var conflicts = 0
    /// Sessions whose client was not told by a SYN.
    package var clientsByPort = 0
    package var clientsByLowerPort = 0
    /// Sessions whose two ends called each other.
    package var calledByBoth = 0
    /// Sessions that began before the capture.
    package var joined = 0
    /// Handshakes that were forgotten for lack of room.
    package var forgottenHandshakes = 0
    /// Servers' ports of connections that were not wanted, with the number of their SYNs.
    package var otherPorts: [UInt16: Int] = [:]
    /// What each port was found to speak, and why.
    package var guesses: [(port: Int, codec: String, reason: String)] = []
    /// Somebody ended the import before the capture ended.
    package var isInterrupted = false
    /// It ends with a capture of a kind or state that could not be read on.
    package var isDamaged: Bool {
        if case .damaged = ending { true } else { false }
    }

    private static let maximumRemarks = 20

    mutating func remark(_ text: @autoclosure () -> String) {
        if remarks.count < Self.maximumRemarks { remarks.append(text()) } else { moreRemarks += 1 }
    }
}
