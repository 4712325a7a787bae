import Replay

/// How what clients send is cut: `whole`, `bytes`, `coalesce`, `random:42`, or `matrix` for all of them.
struct SegmentOption: Equatable {
    let ways: [Segmentation]

    static func parse(_ text: String) throws(UsageFault) -> SegmentOption {
        switch text {
        case "whole": return SegmentOption(ways: [.whole])
        case "bytes": return SegmentOption(ways: [.bytes])
        case "coalesce": return SegmentOption(ways: [.coalesce])
        // Short enough to be typed again; the report names it.
        case "random": return SegmentOption(ways: [.random(seed: .random(in: 1...999_999))])
        case "matrix":
            // The same seeds each time: what passed yesterday passes today.
            return SegmentOption(ways: [.whole, .bytes, .coalesce] + (1...3).map { .random(seed: $0) })
        default: break
        }
        if text.hasPrefix("random:"), let seed = UInt64(text.dropFirst(7)) {
            return SegmentOption(ways: [.random(seed: seed)])
        }
        throw UsageFault(
            "\"\(text)\" is no way to cut: there are whole, bytes, coalesce, random, random:SEED and matrix")
    }
}
