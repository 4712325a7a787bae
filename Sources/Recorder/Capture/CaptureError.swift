/// Why packets cannot be captured or written: which file, and what to do.
package struct CaptureError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file cannot be made.
        case cannotOpen
        /// The process may not capture; the reason says how to get the right.
        case noRight
        /// The interface, the filter or libpcap itself refuses.
        case cannotCapture
        /// A write failed; the file ends with the last whole packet before it.
        case cannotWrite
    }

    package var code: Code
    /// The capture file.
    package var path: String
    package var reason: String

    package init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(path): \(reason)" }
}
