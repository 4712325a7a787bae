import NIOCore
import Replay

/// The addresses that `--target` gives.
enum ReplayTargets {
    /// One of them: for a recorded port, or for any (nil).
    static func parse(_ text: String) throws(UsageFault) -> (recorded: Int?, address: AddressOption) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return (nil, try AddressOption.server(text)) }
        guard let recorded = Int(parts[0]), (1...65_535).contains(recorded) else {
            throw UsageFault("\"\(text)\": before the = stands the recorded port, such as 12000=127.0.0.1:13000")
        }
        return (recorded, try AddressOption.server(parts[1]))
    }

    /// All of them.
    static func target(_ texts: [String]) throws -> ReplayTarget {
        var addresses: [Int: SocketAddress] = [:]
        var others: SocketAddress?
        for text in texts {
            let (recorded, address) = try parse(text)
            let resolved = try resolve(address)
            if let recorded { addresses[recorded] = resolved } else { others = resolved }
        }
        return .addresses(addresses, others: others)
    }

    private static func resolve(_ address: AddressOption) throws -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
        } catch {
            throw UsageFault("the host \"\(address.host)\" is not known: is it misspelt? 127.0.0.1 is this machine")
        }
    }
}
