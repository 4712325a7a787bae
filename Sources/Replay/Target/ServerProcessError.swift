/// Why a server that a command starts cannot be used: what happened, and what it wrote before.
package struct ServerProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// A placeholder in the command cannot be filled.
        case badCommand
        /// The command, or what it needs, cannot be had from the system.
        case cannotStart
        /// Something else listens on the port that was free.
        case portTaken
        /// It ended before it listened.
        case exitedEarly
        /// The time was over before it listened.
        case neverListened
        /// The task that waited was cancelled.
        case cancelled
    }

    package var code: Code
    package var reason: String
    /// The end of what it wrote to stdout and stderr; as hostile as any bytes, so escape it for a terminal.
    package var output: [UInt8]

    package init(_ code: Code, _ reason: String, output: [UInt8] = []) {
        self.code = code
        self.reason = reason
        self.output = output
    }

    /// The reason, without the output.
    package var description: String { reason }
}
