/// The keys that there are for the TLS of a capture, and what decrypts with them, from the first connection on that needs it.
final class CaptureKeys {
    private let path: String
    private let keyLog: String?
    /// tshark reads the capture as well.
    private let isReadTwice: Bool
    private let reader: CaptureReader
    private var found: TLSDecryption?
    /// Whether any connection has asked for them.
    private(set) var areUsed = false

    init(_ path: String, _ settings: ImportSettings, _ reader: CaptureReader) {
        self.path = path
        keyLog = settings.keyLog
        isReadTwice = !CapturePath.isReadOnce(path)
        self.reader = reader
    }

    /// Whether there are any so far: of a file, or in the capture.
    var areThere: Bool { isReadTwice && (keyLog != nil || !reader.secrets.isEmpty) }

    /// What decrypts with them. Nil where it cannot be started, which `tell` is called for once.
    func decryption(ports: [Int], tell: () -> Void = {}) -> TLSDecryption? {
        if !areUsed {
            areUsed = true
            found = TLSDecryption(capture: path, keyLog: keyLog, ports: ports)
            if found == nil { tell() }
        }
        return found
    }
}

@available(*, unavailable)
extension CaptureKeys: Sendable {}
