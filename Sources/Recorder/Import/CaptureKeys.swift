internal import Glibc

/// The keys that there are for the TLS of a capture, and what decrypts with them, from the first connection on that needs it.
///
/// Those in a capture count for all of it, wherever they stand: a program that notes keys has them only once the handshake is over,
/// so that they often stand behind the packets that they open.
final class CaptureKeys {
    private let path: String
    private let keyLog: String?
    /// tshark reads the capture as well.
    private let isReadTwice: Bool
    private lazy var secrets = CaptureReader.secrets(of: path)
    private var found: TLSDecryption?
    /// Whether any connection has asked for them.
    private(set) var areUsed = false

    init(_ path: String, _ settings: ImportSettings) {
        self.path = path
        keyLog = settings.keyLog
        isReadTwice = !CapturePath.isReadOnce(path)
    }

    /// Whether there are any: of a file, or in the capture.
    var areThere: Bool { isReadTwice && (keyLog != nil || !secrets.isEmpty) }

    /// What decrypts with them. Nil where it cannot be started, which `tell` is called for once.
    func decryption(ports: [Int], tell: () -> Void = {}) -> TLSDecryption? {
        if !areUsed {
            areUsed = true
            let together = secrets.isEmpty ? nil : try? together()
            found = TLSDecryption(capture: path, keyLog: keyLog, keys: together, ports: ports)
            if found == nil { tell() }
        }
        return found
    }

    /// All keys in one file: tshark knows those of a capture only once it has passed them, and takes one file besides.
    private func together() throws -> NamelessFile {
        let file = try NamelessFile()
        let failure = secrets.withUnsafeBytes { bytes in
            RecordingError.caught { () throws(RecordingError) in try file.write(bytes) }
        }
        if let failure { throw failure }
        guard let keyLog else { return file }
        let input = try CaptureInput(path: keyLog)
        while try input.holds(1) {
            try file.write(input.front)
            input.advance(input.front.count)
        }
        return file
    }
}

@available(*, unavailable)
extension CaptureKeys: Sendable {}
