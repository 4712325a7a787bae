/// A value that differs from run to run: the recorded one, the present one, and from where to where it went.
package struct ReplayBinding: Sendable, Hashable {
    /// Who gives the value.
    package enum Origin: Sendable, Hashable {
        case clientPort
        case clientHost
        case serverPort
        case serverHost
        /// The server made it up, and a client sent it back.
        case server
        /// A rule says so: `capture as` that name.
        case captured(String)
    }

    /// Lines that are named.
    static let maximumLines = 5

    package var recorded: String
    package var actual: String
    /// The session whose client it belongs to, or in which the server issued it.
    package var session: Int
    package var origin = Origin.clientPort
    /// The recording's line in which the server issued it; 0 where the transport gave it.
    package var line = 0
    /// Lines in which clients sent it, the first ones …
    package var lines: [Int] = []
    /// … of so many.
    package var uses = 0
    /// It stood in a message.
    var isShown = false
}
