/// A capture that runs beside a server.
package protocol PacketCapture: AnyObject, Sendable {
    /// The file's path as it was given.
    var path: String { get }

    /// Takes what is under way, closes the file, and gives what was captured. Throws what ended the capture earlier.
    func stop() throws(CaptureError) -> CaptureSummary

    /// Takes the file away that was just made.
    func discard()
}

extension CaptureWriter: PacketCapture {
    package func stop() throws(CaptureError) -> CaptureSummary { try end() }
}
