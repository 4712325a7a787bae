internal import Codecs

/// Looks at headers: their ports, the codecs, the rules, the time.
struct HeaderCheck: LineCheck {
    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        guard case .resumed(let header) = line.event.kind else { return }
        var numbers: Set<Int> = []
        for port in header.ports {
            if let number = port.number, (0...65535).contains(number) {
                if !numbers.insert(number).inserted {
                    try tell(
                        CheckFinding(
                            .header, line: line.number, "port \(number) is listed twice",
                            advice: "the last one counts: take the other away"))
                }
            } else {
                try tell(
                    CheckFinding(
                        .header, line: line.number, "\"\(port.listen.prefix(60))\" is no HOST:PORT",
                        advice: "mend \"listen\": its port says which sessions speak that codec"))
            }
            do throws(CodecNameError) {
                _ = try CodecRegistry.codec(named: port.codec)
            } catch {
                try tell(
                    CheckFinding(
                        .header, line: line.number, error.description,
                        advice: "name one of these, or update tapedeck: a newer one may know it"))
            }
        }
        if let fault = header.rulesFault {
            try tell(
                CheckFinding(
                    .header, line: line.number, fault,
                    advice: "mend the rule; replay --ignore-header-rules goes without"))
        }
        if line.value["created"] != nil, !Self.isTime(header.created) {
            try tell(
                CheckFinding(
                    .header, line: line.number, "\"created\" is no time in UTC",
                    advice: "write it as 2026-11-22T10:00:00.000000Z"))
        }
    }

    /// Whether it is written as `2026-11-22T10:00:00.000000Z`; the fraction may have any digits, or none.
    private static func isTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let pattern = Array("0000-00-00T00:00:00".utf8)
        guard bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z") else { return false }
        func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
        for (byte, wanted) in zip(bytes, pattern) {
            guard wanted == UInt8(ascii: "0") ? isDigit(byte) : byte == wanted else { return false }
        }
        let rest = bytes[pattern.count...].dropLast()
        return rest.isEmpty || rest.count > 1 && rest.first == UInt8(ascii: ".") && rest.dropFirst().allSatisfy(isDigit)
    }
}
