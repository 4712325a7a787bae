import Codecs
import Recorder

/// What is said on stderr of a capture that was read.
struct ImportOutput {
    /// What the capture is called.
    let capture: String
    /// The recording that was made; nil where there is none to speak of.
    let recording: String?
    let summary: ImportSummary
    let namedPorts: [Int]

    /// Everything, in the order of its weight for who reads it.
    func lines(isVerbose: Bool) -> [String] {
        var lines = guesses + summary.remarks
        if summary.moreRemarks > 0 { lines.append("and \(summary.moreRemarks) more of these") }
        // Where nothing was found it matters what there was.
        lines += ending + clients + unusable + (isVerbose || summary.sessions == 0 ? counts : [])
        if summary.sessions == 0 {
            lines.append(nothing)
        } else if let recording {
            lines.append(
                "\(recording): \(summary.sessions.counting("session")), \(summary.messages.counting("message")) from "
                    + summary.counts.packets.counting("packet") + lacks)
            lines.append("read it: tapedeck show \(recording)")
        }
        return lines.map { "tapedeck: \(TerminalText.escaped($0))" }
    }

    private var guesses: [String] {
        summary.guesses.map { "port \($0.port) is read as \($0.codec): \($0.reason)" }
    }

    private var lacks: String {
        var parts: [String] = []
        if summary.gaps > 0 {
            parts.append(
                "\(summary.gaps.counting("gap")) of \(Int(clamping: summary.missingBytes).counting("byte")) in all")
        }
        if summary.conflicts > 0 { parts.append(summary.conflicts.counting("conflict")) }
        return parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")
    }

    private var ending: [String] {
        if summary.isInterrupted {
            return [
                "\(capture): interrupted after \(summary.counts.packets.counting("packet")); what was read is recorded"
            ]
        }
        switch summary.ending {
        case .whole: return []
        case .cut(let offset):
            return ["\(capture): cut off in the packet at byte \(offset); all before it is read"]
        case .damaged(let offset, let reason):
            return ["\(capture): damaged at byte \(offset): \(reason); all before it is read"]
        }
    }

    private var clients: [String] {
        var lines: [String] = []
        if summary.joined > 0 {
            lines.append(
                "\(summary.joined.counting("session")) began before the capture; the first byte is taken for the first of a message"
            )
        }
        if summary.clientsByPort > 0 {
            lines.append(
                "\(summary.clientsByPort.counting("session")) without a SYN: the server is the end with a port of --port"
            )
        }
        if summary.clientsByLowerPort > 0 {
            lines.append(
                "\(summary.clientsByLowerPort.counting("session")) without a SYN: the server is taken to be the end with the lower port"
            )
        }
        if summary.calledByBoth > 0 {
            lines.append(
                "\(summary.calledByBoth.counting("session")) whose two ends called each other: the server is the end with a port of --port, or the lower one"
            )
        }
        return lines
    }

    /// What could not be used, and why.
    private var unusable: [String] {
        let counts = summary.counts
        var lines: [String] = []
        func add(_ count: Int, _ text: String) { if count > 0 { lines.append("\(count.counting("packet")) \(text)") } }
        for (link, count) in counts.unknownLinks.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            add(count, "of link type \(link.rawValue), which is not read")
        }
        add(counts.unreadable, "whose record in the file says what cannot be")
        add(counts.malformed, "with headers that contradict themselves, as nobody takes them")
        add(counts.cutHeaders, "cut off before the end of their headers")
        if counts.wrongChecksums > 0 {
            lines.append(
                "\(counts.wrongChecksums.counting("segment")) with a wrong checksum: see --drop-bad-checksums")
        }
        if counts.incompleteDatagrams > 0 {
            lines.append("\(counts.incompleteDatagrams.counting("datagram")) of which a fragment is missing")
        }
        if counts.overlappingDatagrams > 0 {
            lines.append(
                "\(counts.overlappingDatagrams.counting("datagram")) whose fragments overlap, as nobody takes them")
        }
        if counts.outsideWindow > 0 {
            lines.append(
                "\(counts.outsideWindow.counting("segment")) far outside of what the receiver asked for, left out")
        }
        if counts.afterEnd > 0 {
            lines.append("\(counts.afterEnd.counting("segment")) with bytes behind their side's end, left out")
        }
        if counts.afterClose > 0 {
            lines.append("\(counts.afterClose.counting("segment")) with bytes behind their connection's end, left out")
        }
        if counts.beforeStart > 0 {
            lines.append(
                "\(counts.beforeStart.counting("segment")) from before the first one of a session that began before the capture, left out"
            )
        }
        if counts.strayResets > 0 {
            lines.append("\(counts.strayResets.counting("reset")) that belong to no connection's present")
        }
        if summary.forgottenHandshakes > 0 {
            lines.append(
                "\(summary.forgottenHandshakes.counting("handshake")) that never ended and were too many to be kept")
        }
        return lines
    }

    private var counts: [String] {
        let counts = summary.counts
        var parts = ["\(counts.packets.counting("packet"))", "\(counts.segments.counting("segment")) of TCP"]
        if counts.filtered > 0 { parts.append("\(counts.filtered) left out by --filter") }
        if counts.otherProtocols > 0 { parts.append("\(counts.otherProtocols) of other protocols") }
        if counts.fragments > 0 { parts.append(counts.fragments.counting("fragment")) }
        return [parts.joined(separator: ", ")]
    }

    /// Why there is no session, and what could be asked for instead.
    private var nothing: String {
        let wanted =
            namedPorts.isEmpty
            ? "no TCP connection" : "no TCP connection to port \(namedPorts.map(String.init).joined(separator: ", "))"
        let others = summary.otherPorts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
        guard !others.isEmpty else { return "\(capture): \(wanted) is in it; nothing was recorded" }
        let list = others.map { "\($0.key)" }.joined(separator: ", ")
        return "\(capture): \(wanted) is in it; there are some to port \(list): nothing was recorded"
    }
}
