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

    init(_ error: any Error, target: SocketAddress) {
        let address = "\(target.ipAddress ?? "?"):\(target.port ?? 0)"
        let number = Self.number(of: error)
        isRefusal = number == ECONNREFUSED
        if let number {
            let advice = isRefusal ? ": nothing listens there; is the server up?" : ""
            text = "\(address): \(systemMessage(number))\(advice)"
        } else if case .connectTimeout? = error as? ChannelError {
            text = "\(address): no connection in time"
        } else {
            text = "\(address): \(error)"
        }
    }

    private static func number(of error: any Error) -> Int32? {
        if let error = error as? IOError { return error.errnoCode }
        return ((error as? NIOConnectionError)?.connectionErrors.first?.error as? IOError)?.errnoCode
    }
}
