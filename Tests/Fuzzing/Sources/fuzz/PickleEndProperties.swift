import Codecs

/// The scanner for streams of pickles and the reader must agree about where a pickle ends.
enum PickleEndProperties {
    static func check(_ bytes: CaseBytes) throws(PropertyFailure) {
        let limits = DecodingLimits()
        var scanner = PickleStreamScanner(limits: limits)
        var end: Int?
        var scanError: FramingError?
        do throws(FramingError) { end = try scanner.nextFrame(in: bytes.span)?.frameBytes } catch { scanError = error }
        do throws(PayloadError) {
            let read = try PickleReader.read(bytes.span, into: ValueTree(), limits: limits)
            try agree(
                end == read, "the scanner finds another end than the reader", "\(String(describing: end)), \(read)")
        } catch {
            if error.code == .truncated, !error.reason.hasPrefix("FRAME") {
                let isEarly = scanError?.code == .tooLong && scanError?.offset == error.offset
                try require(
                    end == nil && (scanError == nil || isEarly), "the scanner finds an end where the reader finds none",
                    "\(String(describing: end)) \(String(describing: scanError)), \(error)")
            } else if let end {
                try require(
                    error.offset < end || error.code == .overLimit,
                    "the reader's error stands behind the scanner's end",
                    "\(end), \(error)")
            }
        }
    }

    /// A disagreement stands outside of what the reader may throw.
    private static func agree(_ holds: Bool, _ property: String, _ detail: String) throws(PayloadError) {
        if !holds { fatalError("\(property): \(detail)") }
    }
}
