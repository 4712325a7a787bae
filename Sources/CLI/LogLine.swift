import ArgumentParser
import Codecs
import Recorder
import Server
import Synchronization

/// How the lines of the log are written.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// For a person to read.
    case text
    /// For a program: a JSON object a line.
    case json
}

/// How much a line of the log matters.
enum LogLevel: String {
    case info
    case warning
    case error
}

/// One line of the log, which goes to stderr.
struct LogLine {
    var level = LogLevel.info
    /// What happened, in a word that programs may look for.
    var event = LogEvent.note
    /// Whom it concerns; nil: the server as a whole.
    var session: SessionIdentity?
    /// The port whose program said it; nil: it is ours.
    var port: Int?
    /// A sentence, free of what a terminal would take for commands.
    var text: String
    /// Of a connection's end: how, and by which side.
    var closing: SessionClosing?

    /// As `--log-format text` has it.
    var plain: String {
        if let port { return "[\(port)] \(text)" }
        guard let session else { return "tapedeck: \(text)" }
        return "tapedeck: #\(session.number) \(session.peer) on port \(session.port): \(text)"
    }

    /// As `--log-format json` has it.
    var json: String {
        var line = ByteWriter(capacity: 256)
        line.append("{\"time\":\"")
        line.append(RecordingClock.timestamp())
        line.append("\"")
        RecordingLine.writeMember("level", level.rawValue, into: &line)
        RecordingLine.writeMember("event", event.rawValue, into: &line)
        if let session {
            line.append(",\"session\":")
            line.append(decimal: Int64(session.number))
            line.append(",\"port\":")
            line.append(decimal: Int64(session.port))
            RecordingLine.writeMember("peer", session.peer, into: &line)
        }
        if let port {
            line.append(",\"port\":")
            line.append(decimal: Int64(port))
        }
        if let closing {
            RecordingLine.writeMember("how", closing.manner.rawValue, into: &line)
            RecordingLine.writeMember("by", closing.by?.rawValue, into: &line)
        }
        RecordingLine.writeMember("message", text, into: &line)
        line.append(UInt8(ascii: "}"))
        return String(decoding: line.array, as: UTF8.self)
    }
}

/// The words that say what a line of the log is about.
enum LogEvent: String {
    case note
    /// It cannot be done, or not as asked.
    case failure
    /// A port is listened on.
    case listening
    /// A client connected.
    case open
    /// A client's connection ended.
    case close
    /// Something is wrong with one client.
    case problem
    /// A program that answers a port said something.
    case child
    /// A pickle names what would be dangerous to unpickle.
    case danger
    /// Something is wrong with the server as a whole.
    case server
    /// The server lets its connections end.
    case draining
    /// Files were read again, or begun anew.
    case reload
    /// What was recorded or captured, at the end.
    case summary
    /// Lines that were not written, since there were too many.
    case omitted
}

/// How this process writes its log; said once, when it begins.
enum LogSetting {
    private static let isJSON = Atomic(false)

    static var format: LogFormat {
        get { isJSON.load(ordering: .relaxed) ? .json : .text }
        set { isJSON.store(newValue == .json, ordering: .relaxed) }
    }
}
