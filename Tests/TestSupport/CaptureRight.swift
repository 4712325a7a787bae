import Foundation
package import Testing

/// The right to capture packets.
package enum CaptureRight {
    package static let lacking: Comment = "this process has no CAP_NET_RAW"

    /// Whether this process has CAP_NET_RAW (bit 13) in effect.
    package static let isThere: Bool = {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
        return mask & 1 << 13 != 0
    }()
}
