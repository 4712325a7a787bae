internal import Glibc
internal import NIOCore
internal import Recorder

/// Why a server cannot be started: which address or setting, and what to do.
package struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The address cannot be listened on.
        case cannotListen
        /// The host's name has no address.
        case unknownHost
        /// The greeting or the answer cannot be written in the port's codec.
        case unwritableMessage
    }

    package var code: Code
    package var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What an error of `bind` means for the person who chose the address.
    init(cannotListenOn address: String, because error: any Error) {
        self.init(.cannotListen, "cannot listen on \(address): \(ServerError.cause(of: error))")
    }

    /// What it means that a name leads nowhere.
    init(unknownHost host: String, in address: String) {
        self.init(
            .unknownHost,
            "cannot listen on \(address): no address is known for \(host); is the name misspelt? 127.0.0.1 is this machine"
        )
    }

    /// Why the system refuses, and what to do.
    static func cause(of error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            "another program listens there already; stop it, or choose another port (0 picks a free one)"
        case EACCES, EPERM:
            "this user may not listen there; ports below 1024 need a right to: choose a higher one"
        case EADDRNOTAVAIL:
            "this machine has no such address; use 127.0.0.1, 0.0.0.0 or an address of one of its interfaces"
        case EMFILE, ENFILE:
            "no file descriptors are left; raise the limit (ulimit -n) or close something"
        case let number?: systemMessage(number)
        case nil: "\(error)"
        }
    }
}
