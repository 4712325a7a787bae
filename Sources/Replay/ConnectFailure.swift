internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Recorder

/// Why a connection could not be made.
struct ConnectFailure {
    /// The address, and what the system says.
    let text: String
    /// Nobody listens there.
    let isRefusal: Bool

    /// - Parameter number: the system's.
    init(_ number: Int32, target: SocketAddress) {
        let isRefusal = number == ECONNREFUSED
        let advice = isRefusal ? ": nothing listens there; is the server up?" : ""
        self.init(text: "\(Self.text(target)): \(systemMessage(number))\(advice)", isRefusal: isRefusal)
    }

    init(_ error: any Error, target: SocketAddress) {
        if let number = Self.number(of: error) {
            self.init(number, target: target)
        } else if case .connectTimeout? = error as? ChannelError {
            self.init(text: "\(Self.text(target)): no connection in time", isRefusal: false)
        } else {
            self.init(text: "\(Self.text(target)): \(error)", isRefusal: false)
        }
    }

    private init(text: String, isRefusal: Bool) {
        self.text = text
        self.isRefusal = isRefusal
    }

    private static func text(_ target: SocketAddress) -> String { "\(target.ipAddress ?? "?"):\(target.port ?? 0)" }

    private static func number(of error: any Error) -> Int32? {
        if let error = error as? IOError { return error.errnoCode }
        return ((error as? NIOConnectionError)?.connectionErrors.first?.error as? IOError)?.errnoCode
    }
}
