internal import Codecs
internal import Recorder

/// What one line of a child's output asks for.
struct ChildAnswer: Sendable, Equatable {
    var session: Int
    /// The frame of a message to the session's client.
    var frame: [UInt8]?
    /// The session is to end, behind that message.
    var closes = false
}

/// What is wrong with a line of a child's output.
struct ChildLineFault: Error, Equatable {
    /// The session that the line is for, where that can be read.
    var session: Int?
    /// What the line is or lacks, as a sentence goes on after it; holds nothing of the line but names of keys.
    var reason: String
}

/// Reads the lines of a child's output, and writes the messages in them as its port speaks.
struct ChildAnswerReader {
    private static let forms = ReadableForm.Key.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")

    private let codec: Codec
    private let settings: WritingSettings
    private let limits: DecodingLimits
    private let textLimits: DecodingLimits
    private let tree = ValueTree()

    init(port: PortConfiguration) {
        codec = port.codec
        settings = port.settings
        limits = port.limits
        textLimits = .recordedText(within: port.limits)
    }

    /// What a line says: `{"session":1,"value":…}`, or with `text` or `base64`, or `{"session":1,"close":true}`.
    func read(_ line: UnsafeRawBufferPointer) throws(ChildLineFault) -> ChildAnswer {
        do throws(PayloadError) {
            try JSONFormat().decode(RawSpan(_unsafeBytes: line), into: tree, limits: textLimits)
        } catch {
            throw ChildLineFault(reason: "is no JSON (byte \(error.offset): \(error.reason))")
        }
        guard tree.root.kind == .map else { throw ChildLineFault(reason: "is no JSON object") }
        var answer = ChildAnswer(session: try session())
        do throws(ChildLineFault) {
            try readMembers(into: &answer)
        } catch {
            throw ChildLineFault(session: answer.session, reason: error.reason)
        }
        return answer
    }

    private func session() throws(ChildLineFault) -> Int {
        guard let number = tree.root["session"]?.int, number > 0, let session = Int(exactly: number) else {
            throw ChildLineFault(reason: "lacks the number of a session under \"session\"")
        }
        return session
    }

    private func readMembers(into answer: inout ChildAnswer) throws(ChildLineFault) {
        var message: (key: ReadableForm.Key, value: Value)?
        var settings = settings
        for (key, value) in tree.root.entries {
            let name = key.string ?? ""
            if let form = ReadableForm.Key(rawValue: name) {
                guard message == nil else { throw ChildLineFault(reason: "has more than one of \(Self.forms)") }
                message = (form, value)
            } else if name == "close" {
                guard let closes = value.bool else {
                    throw ChildLineFault(reason: "has a \"close\" that is no boolean")
                }
                answer.closes = closes
            } else if name == "protocol" {
                guard let version = value.int, (0...5).contains(version), settings.protocolVersion != nil else {
                    throw ChildLineFault(
                        reason: "has a \"protocol\" that is no pickle protocol (0 to 5, on a pickle port)")
                }
                settings.protocolVersion = Int(version)
            } else if name == "strings" {
                guard let strings = value.string.flatMap(StringIdentity.init(rawValue:)) else {
                    throw ChildLineFault(reason: "has \"strings\" that are not \"shared\", \"keys\" or \"distinct\"")
                }
                settings.strings = strings
            } else if name != "session" {
                throw ChildLineFault(
                    reason:
                        "has an unknown key; there are \"session\", \(Self.forms), \"protocol\", \"strings\" and \"close\""
                )
            }
        }
        if let message { answer.frame = try frame(message.key, message.value, settings) }
        guard answer.frame != nil || answer.closes else {
            throw ChildLineFault(reason: "has neither a message (one of \(Self.forms)) nor \"close\"")
        }
    }

    private func frame(
        _ key: ReadableForm.Key, _ value: Value, _ settings: WritingSettings
    ) throws(ChildLineFault) -> [UInt8] {
        var output = ByteWriter()
        do {
            try codec.write(key, value, settings: settings, limits: limits, into: &output)
        } catch let error as PayloadError {
            throw ChildLineFault(reason: "holds a message that \(codec.name) cannot carry (\(error.reason))")
        } catch let error as FramingError {
            throw ChildLineFault(reason: "holds a message that \(codec.name) cannot carry (\(error.reason))")
        } catch {
            throw ChildLineFault(reason: "holds a message that \(codec.name) cannot carry (\(error))")
        }
        return output.array
    }
}
