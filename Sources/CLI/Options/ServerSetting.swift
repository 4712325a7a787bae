import Codecs
import Recorder
import Server

/// A setting of `serve`, `record` or `mock`, as the command line (`--max-frame 1MiB`), the environment (`TAPEDECK_MAX_FRAME=1MiB`)
/// and a project file (`max-frame: 1MiB`) have it.
///
/// This is the list of those that may stand in a file or in the environment; what each means is said by its option alone.
struct ServerSetting: Sendable {
    enum Kind: Sendable {
        case text
        /// There or not there.
        case flag
        /// One text, or several.
        case list
    }

    /// Which commands have it.
    struct Commands: OptionSet, Sendable {
        let rawValue: Int

        static let serve = Commands(rawValue: 1)
        static let record = Commands(rawValue: 2)
        static let mock = Commands(rawValue: 4)
        static let servers: Commands = [.serve, .record]
        static let all: Commands = [.serve, .record, .mock]

        /// Each of them with its name, which is that of its part of a project file.
        static let names: [(name: String, command: Commands)] = [
            ("serve", .serve), ("record", .record), ("mock", .mock),
        ]

        /// The name of a command.
        var name: String { Self.names.first { $0.command == self }?.name ?? "" }
    }

    /// The option's name, without its dashes.
    var key: String
    var kind = Kind.text
    var commands = Commands.all
    /// The option's letter.
    var letter: Character?
    /// It names a file or folder, which in a project file is counted from that file's folder.
    var isPath = false
    /// It stands among the arguments without a name.
    var isArgument = false
    /// Settings that say the same in another way: one on the command line stands for all of them.
    var rivals: [String] = []
    /// What is in force without it.
    var standard: String
    /// Says what is wrong with a text, if anything is.
    var fault: @Sendable (String) -> String?

    /// The variable of the environment.
    var variable: String { "TAPEDECK_" + key.uppercased().replacing("-", with: "_") }

    /// Those of a command.
    static func settings(of command: Commands) -> [ServerSetting] {
        all.filter { $0.commands.contains(command) }
    }

    /// The file that a path in a project file means.
    func resolved(_ text: String, folder: String) -> String {
        guard isPath else { return text }
        return key == "reply"
            ? Self.reply(text, in: folder) : Self.isPath(key, text) ? Self.path(text, in: folder) : text
    }

    /// What a port answers with, whose recording is counted from the folder.
    static func reply(_ text: String, in folder: String) -> String {
        let word = "recording:"
        return text.hasPrefix(word) ? word + path(String(text.dropFirst(word.count)), in: folder) : text
    }

    static func path(_ text: String, in folder: String) -> String {
        text.hasPrefix("/") || folder == "." ? text : folder + "/" + text
    }

    /// Words that stand where a path might.
    static func isPath(_ key: String, _ text: String) -> Bool {
        switch key {
        case "tls": text != "none"
        case "to-tls": !["system", "insecure", "none"].contains(text)
        default: true
        }
    }

    static let all: [ServerSetting] = ports + recording + tls + messageLimits + clientLimits + output

    private static let ports: [ServerSetting] = [
        ServerSetting(
            key: "recordings", kind: .list, commands: .mock, isPath: true, isArgument: true, standard: "none",
            fault: Fault.empty),
        ServerSetting(
            key: "listen", kind: .list, commands: .servers, standard: "nowhere", fault: Fault.parsed(PortOption.parse)),
        ServerSetting(
            key: "listen", kind: .list, commands: .mock, standard: "the recorded ports",
            fault: Fault.parsed(MockPortOption.init(parsing:))),
        ServerSetting(key: "strict", kind: .flag, commands: .mock, standard: "false", fault: Fault.none),
        ServerSetting(
            key: "fallback", kind: .list, commands: .mock, standard: "none",
            fault: Fault.parsed(FallbackOption.init(parsing:))),
        ServerSetting(
            key: "reply", commands: .serve, isPath: true, standard: "echo",
            fault: Fault.parsed { text throws(UsageFault) in try PortSettings.check(.reply, text) }
        ),
        ServerSetting(
            key: "reply-timeout", commands: .serve, standard: "never",
            fault: Fault.parsed { text throws(UsageFault) in try PortSettings.check(.replyTimeout, text) }),
        ServerSetting(key: "reply-timeout", commands: .mock, standard: "5s", fault: Fault.time),
        ServerSetting(
            key: "delay", commands: [.serve, .mock], standard: "none",
            fault: Fault.parsed { text throws(UsageFault) in try PortSettings.check(.delay, text) }),
        ServerSetting(
            key: "fault", kind: .list, commands: [.serve, .mock], standard: "none",
            fault: Fault.parsed { text throws(UsageFault) in try PortSettings.check(.fault, text) }),
        ServerSetting(
            key: "fault-seed", commands: [.serve, .mock], standard: "0",
            fault: Fault.parsed { text throws(UsageFault) in try PortSettings.check(.faultSeed, text) }),
        ServerSetting(
            key: "greet", commands: .serve, standard: "clientid, raw: none",
            fault: Fault.parsed(PortSettings.checkGreeting)),
        ServerSetting(
            key: "to", commands: .record, rivals: ["start"], standard: "none",
            fault: Fault.address),
        ServerSetting(key: "start", commands: .record, rivals: ["to"], standard: "none", fault: Fault.none),
        ServerSetting(key: "ready-timeout", commands: .record, standard: "10s", fault: Fault.time),
        ServerSetting(key: "protocol", commands: .servers, standard: "4", fault: Fault.number(0...5)),
        ServerSetting(key: "port-file", isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "drain", standard: "5s", fault: Fault.time),
        ServerSetting(
            key: "metrics", standard: "none",
            fault: Fault.address),
    ]

    private static let recording: [ServerSetting] = [
        ServerSetting(
            key: "record", commands: [.serve, .mock], letter: "o", isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(
            key: "record", commands: .record, letter: "o", isPath: true, standard: "named by the time",
            fault: Fault.empty),
        ServerSetting(key: "durability", standard: "kernel", fault: Fault.choice(RecordingSettings.Durability.self)),
        ServerSetting(key: "on-full", standard: "wait", fault: Fault.choice(RecordingSettings.FullPolicy.self)),
        ServerSetting(
            key: "on-record-failure", standard: "stop", fault: Fault.choice(RecordingSettings.FailurePolicy.self)),
        ServerSetting(
            key: "rotate", standard: "never",
            fault: { RotationOption(argument: $0) == nil ? "a size or a time is wanted, such as 256MB or 1h" : nil }),
        ServerSetting(key: "append", kind: .flag, rivals: ["force"], standard: "false", fault: Fault.none),
        ServerSetting(key: "force", kind: .flag, rivals: ["append"], standard: "false", fault: Fault.none),
        ServerSetting(key: "redact-rules", kind: .list, isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "redact-key-env", standard: "a random key that is kept nowhere", fault: Fault.empty),
        ServerSetting(key: "capture", isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "capture-from", standard: "packets", fault: Fault.choice(CaptureSource.self)),
        ServerSetting(key: "capture-interface", standard: "lo or any", fault: Fault.empty),
    ]

    private static let tls: [ServerSetting] = [
        ServerSetting(key: "tls", isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "tls-key", isPath: true, standard: "in the certificate's file", fault: Fault.empty),
        ServerSetting(key: "tls-client-ca", isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "to-tls", commands: .servers, isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(key: "to-tls-name", commands: .servers, standard: "its host", fault: Fault.empty),
        ServerSetting(key: "to-tls-cert", commands: .servers, isPath: true, standard: "none", fault: Fault.empty),
        ServerSetting(
            key: "to-tls-key", commands: .servers, isPath: true, standard: "in the certificate's file",
            fault: Fault.empty),
        ServerSetting(key: "tls-keylog", isPath: true, standard: "none", fault: Fault.empty),
    ]

    private static let messageLimits: [ServerSetting] = [
        ServerSetting(key: "max-frame", standard: "64MiB", fault: Fault.size(upTo: Int(Int32.max))),
        ServerSetting(key: "max-depth", standard: "10000", fault: Fault.number(1...1 << 28)),
        ServerSetting(key: "max-elements", standard: "4194304", fault: Fault.number(1...1 << 28)),
        ServerSetting(key: "max-opcodes", standard: "16777216", fault: Fault.number(1...Int(Int32.max))),
        ServerSetting(key: "max-memo", standard: "4194304", fault: Fault.number(1...1 << 28)),
        ServerSetting(key: "max-expanded", standard: "256MiB", fault: Fault.size(upTo: 1 << 40)),
    ]

    private static let clientLimits: [ServerSetting] = [
        ServerSetting(key: "frame-timeout", standard: "1m", fault: Fault.timeLimit),
        ServerSetting(key: "idle-timeout", standard: "1h, for a relay none", fault: Fault.timeLimit),
        ServerSetting(key: "max-connections", standard: "16384", fault: Fault.number(1...1 << 24)),
        ServerSetting(key: "max-write-buffer", standard: "256KiB", fault: Fault.size(upTo: Int(Int32.max))),
        ServerSetting(key: "max-memory", standard: "512MiB", fault: Fault.size(upTo: 1 << 46)),
    ]

    private static let output: [ServerSetting] = [
        ServerSetting(key: "full", kind: .flag, commands: .mock, standard: "false", fault: Fault.none),
        ServerSetting(key: "log-format", standard: "text", fault: Fault.choice(LogFormat.self)),
        ServerSetting(key: "quiet", kind: .flag, letter: "q", standard: "false", fault: Fault.none),
        ServerSetting(key: "color", standard: "auto", fault: Fault.choice(ColourChoice.self)),
    ]

    /// What may be wrong with a text.
    private enum Fault {
        static let none: @Sendable (String) -> String? = { _ in nil }
        static let empty: @Sendable (String) -> String? = { $0.isEmpty ? "there is nothing in it" : nil }
        static let time: @Sendable (String) -> String? = {
            TimeSpan(argument: $0) == nil ? "\"\($0)\" is no time, such as 2s, 500ms or 1m" : nil
        }
        static let timeLimit: @Sendable (String) -> String? = {
            TimeLimit(argument: $0) == nil ? "\"\($0)\" is no time, such as 2s, 500ms or 1m, nor none" : nil
        }
        static let address = parsed { text throws(UsageFault) in
            try AddressOption.parse(text, defaultHost: "127.0.0.1")
        }

        static func size(upTo most: Int) -> @Sendable (String) -> String? {
            { text in
                guard let count = ByteCount(argument: text) else {
                    return "\"\(text)\" is no size, such as 64KiB or 1MB"
                }
                return (1...most).contains(count.bytes) ? nil : "\"\(text)\": 1 to \(most) bytes are wanted"
            }
        }

        static func number(_ range: ClosedRange<Int>) -> @Sendable (String) -> String? {
            { text in
                Int(text).map(range.contains) == true
                    ? nil : "\"\(text)\": a number from \(range.lowerBound) to \(range.upperBound) is wanted"
            }
        }

        static func choice<Choice: RawRepresentable & CaseIterable>(
            _: Choice.Type
        ) -> @Sendable (String) -> String? where Choice.RawValue == String {
            let known = Choice.allCases.map(\.rawValue)
            return { text in
                guard !known.contains(text) else { return nil }
                let near = NearMiss.word(near: text, in: known).map { ": did you mean \"\($0)\"?" } ?? "."
                return "\"\(text)\" is none of them\(near) There are: \(known.joined(separator: ", "))"
            }
        }

        static func parsed<Value>(
            _ parse: @escaping @Sendable (String) throws(UsageFault) -> Value
        ) -> @Sendable (String) -> String? {
            { text in
                do throws(UsageFault) {
                    _ = try parse(text)
                    return nil
                } catch {
                    return error.description
                }
            }
        }
    }
}
