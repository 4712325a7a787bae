internal import Recorder

/// Why a replay could not be done at all.
package enum ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A session's events stand before its `open`.
    case unknownSession(Int, line: Int)
    /// Two sessions have one number.
    case sessionTwice(Int, line: Int)
    /// A session goes on behind its `close`.
    case behindClose(Int, line: Int)
    /// A session names a port that the header does not list.
    case unknownPort(Int, line: Int)
    /// A message's text, probably changed by hand, is none that its codec can write.
    case unwritable(session: Int, line: Int, reason: String)
    /// No target was given for a recorded port.
    case noTarget(port: Int)
    /// The recording has none.
    case noSessions
    /// All sessions began in an earlier file.
    case allContinued
    /// None of the sessions is there as a whole.
    case noWholeSession
    /// One target was given for several recorded ports.
    case severalPorts([Int])
    /// A rule of the recording's header is none.
    case badRule(line: Int, reason: String)
    /// The system would not do something; its number.
    case system(String, number: Int32)

    package var description: String {
        switch self {
        case .unknownSession(let session, let line):
            "line \(line): session \(session) has not been opened before this"
        case .sessionTwice(let session, let line): "line \(line): session \(session) is opened a second time"
        case .behindClose(let session, let line):
            "line \(line): session \(session) goes on here, but was closed before: tapedeck check --repair marks the place"
        case .unknownPort(let port, let line):
            "line \(line): port \(port) is not among the ports of the recording's header, so its codec is not known"
        case .unwritable(let session, let line, let reason):
            "line \(line): the message of session \(session) cannot be written in its codec: \(reason)"
        case .noTarget(let port): "no target for port \(port) of the recording: give --target \(port)=HOST:PORT"
        case .allContinued:
            "all of its sessions began in an earlier file of the same recording, so none can be replayed from "
                + "here: give that one in the same replay, too, or the folder that both are in"
        case .noWholeSession:
            "no session is there as a whole: each has a gap, bytes that did not decode, or began in an earlier file"
        case .noSessions: "the recording holds no session: there is nothing to replay"
        case .badRule(let line, let reason):
            "line \(line): \(reason); --ignore-header-rules replays without the recording's own rules"
        case .system(let deed, let number): "cannot \(deed): \(systemMessage(number))"
        case .severalPorts(let ports):
            "the recording has the ports \(ports.map(String.init).joined(separator: ", ")): "
                + "give each its target, as --target \(ports.first ?? 0)=HOST:PORT"
        }
    }
}
