import NIOCore
import Recorder
import Synchronization

/// Takes the secrets of TLS connections to the capture of their packets, which starts later than the server is made.
final class CaptureSecrets: Sendable {
    private let capture = Mutex<LiveCapture?>(nil)

    /// From now on secrets go to this capture; not to one made from sockets, which holds what was inside TLS.
    func go(to capture: (any PacketCapture)?) {
        let live = capture as? LiveCapture
        self.capture.withLock { $0 = live }
    }

    /// Takes a line of a key log.
    func add(_ line: ByteBuffer) {
        capture.withLock { $0 }?.addSecrets(Array(line.readableBytesView))
    }
}
