import Codecs
internal import Glibc
import Recorder
import Replay

/// `tapedeck.yaml`: what a project would otherwise write as options. It is trusted like a Makefile.
///
/// ```yaml
/// replay:
///   start: python3 server.py {port}
///   timeout: 2s
/// serve:
///   listen: [12000:pickle]
/// rules:
///   - path: $.time
///     ignore: true
/// ```
struct ProjectFile: Equatable {
    static let name = "tapedeck.yaml"

    /// Where it was found.
    var path: String
    var replay = Replay()
    /// The options of `tapedeck serve`, `tapedeck record` and `tapedeck mock`.
    var serve = ServerSection()
    var record = ServerSection()
    var mock = ServerSection()
    /// What answers may be, where they need not be as recorded.
    var rules: [MatchRule] = []
    /// What `serve`, `record` and `mock` take out of what they write.
    var redact: [RedactionRule] = []

    /// The keys that it has.
    static let keys = ["replay", "serve", "record", "mock", "rules", "redact"]

    /// The options of `tapedeck replay`.
    struct Replay: Equatable {
        var start: String?
        var target: [String] = []
        var timeout: TimeSpan?
        var settle: TimeSpan?
        var pause: TimeSpan?
        var isIndependent: Bool?
        var speed: SpeedFactor?
        var jobs: JobCount?
        var segment: SegmentOption?
        var retries: Int?
        var failsOnFlaky: Bool?
        var maximumFailures: Int?
        var reports: [ReportChoice] = []
        var environment: [EnvironmentVariable] = []
        /// Where the server is started, as a path from the working folder.
        var folder: String?
        var readyTimeout: TimeSpan?

        /// The keys that it has, as they are listed where one is not known.
        static let keys = [
            "start", "folder", "env", "ready-timeout", "target", "timeout", "settle", "pause", "independent", "speed",
            "jobs", "segment", "retries", "fail-on-flaky", "max-failures", "report",
        ]
    }

    /// The part of a command.
    func section(of command: ServerSetting.Commands) -> ServerSection {
        switch command {
        case .serve: serve
        case .record: record
        default: mock
        }
    }

    /// The folder that it stands in, where its commands run.
    var folder: String { Self.folder(of: path) }

    /// The folder that a file stands in.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// The one that counts for a recording: the nearest from its folder upwards.
    static func nearest(toRecording path: String) throws(ProjectFileError) -> ProjectFile? {
        try nearest(from: folder(of: path))
    }

    /// The nearest one from a recording's folder upwards, as far as the root of the repository that it is in, or without one
    /// as far as the working folder.
    ///
    /// What lies outside the working folder is not trusted: for a recording from there the search begins at the working
    /// folder.
    static func nearest(
        from folder: String, workingFolder: String = "."
    ) throws(ProjectFileError) -> ProjectFile? {
        guard let own = resolvedPath(folder), let working = resolvedPath(workingFolder) else { return nil }
        var current = own == working || own.hasPrefix(working == "/" ? "/" : working + "/") ? own : working
        let top = repositoryRoot(of: current) ?? working
        while true {
            let candidate = (current == "/" ? "" : current) + "/" + name
            if access(candidate, F_OK) == 0 { return try read(candidate) }
            if current == top || current == "/" { return nil }
            current = parent(of: current)
        }
    }

    private static func repositoryRoot(of folder: String) -> String? {
        var current = folder
        while access((current == "/" ? "" : current) + "/.git", F_OK) != 0 {
            if current == "/" { return nil }
            current = parent(of: current)
        }
        return current
    }

    private static func parent(of folder: String) -> String {
        let parent = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        return parent.isEmpty ? "/" : parent
    }

    /// Reads one.
    static func read(_ path: String) throws(ProjectFileError) -> ProjectFile {
        let text = try contents(path)
        return try ProjectFileError.named(path) { try parse(text, path: path) }
    }

    /// Reads its text.
    static func parse(_ text: String, path: String) throws -> ProjectFile {
        var file = ProjectFile(path: path)
        guard let root = try YAMLParser.compose(text) else { return file }
        for (key, value) in try members(of: root, path, "the file") {
            switch key.text {
            case "replay": file.replay = try replay(value, path)
            case "serve": file.serve = try ServerSection.section(value, .serve, path, folder: file.folder)
            case "record": file.record = try ServerSection.section(value, .record, path, folder: file.folder)
            case "mock": file.mock = try ServerSection.section(value, .mock, path, folder: file.folder)
            case "rules": file.rules = try RuleFile.rules(value, path)
            case "redact": file.redact = try RedactionRuleFile.rules(value, path)
            default: throw key.unknown(path, known: keys)
            }
        }
        return file
    }

    private static func replay(_ node: YAMLNode, _ path: String) throws -> Replay {
        var replay = Replay()
        for (key, value) in try members(of: node, path, "replay") {
            switch key.text {
            case "start": replay.start = try string(value, key, path)
            case "target":
                replay.target = try value.sequence?.map { try string($0, key, path) } ?? [string(value, key, path)]
            case "timeout": replay.timeout = try time(value, key, path)
            case "settle": replay.settle = try time(value, key, path)
            case "pause": replay.pause = try time(value, key, path)
            case "independent": replay.isIndependent = try flag(value, key, path)
            case "speed": replay.speed = try parsed(value, key, path, SpeedFactor.parse)
            case "jobs": replay.jobs = try parsed(value, key, path, JobCount.parse)
            case "segment": replay.segment = try parsed(value, key, path, SegmentOption.parse)
            case "retries": replay.retries = try parsed(value, key, path, RetryOptions.retries)
            case "fail-on-flaky": replay.failsOnFlaky = try flag(value, key, path)
            case "max-failures": replay.maximumFailures = try parsed(value, key, path, RetryOptions.failures)
            case "report": replay.reports = try reports(value, key, path)
            case "ready-timeout": replay.readyTimeout = try time(value, key, path)
            case "folder":
                let folder = try string(value, key, path)
                replay.folder = folder.hasPrefix("/") ? folder : ProjectFile(path: path).folder + "/" + folder
            case "env": replay.environment = try environment(value, path)
            default: throw key.unknown(path, known: Replay.keys)
            }
        }
        return replay
    }

    /// A key and where it stands.
    struct Key {
        var text: String
        var line: Int
        var column = 0

        func error(_ path: String, _ reason: String) -> ProjectFileError {
            ProjectFileError(path: path, line: line, column: column, reason: "\"\(text)\": \(reason)")
        }

        func unknown(_ path: String, known: [String]) -> ProjectFileError {
            let near = NearMiss.word(near: text, in: known).map { ": did you mean \"\($0)\"?" } ?? "."
            return ProjectFileError(
                path: path, line: line, column: column,
                reason: "unknown key \"\(text)\"\(near) There are: \(known.joined(separator: ", "))")
        }
    }

    static func members(of node: YAMLNode, _ path: String, _ place: String) throws -> [(Key, YAMLNode)] {
        guard let mapping = node.mapping else {
            throw ProjectFileError(
                path: path, line: node.mark.line, column: node.mark.column,
                reason: "\(place) must hold keys and values")
        }
        return mapping.map { member in
            let mark = member.key.mark
            return (Key(text: member.key.string ?? "", line: mark.line, column: mark.column), member.value)
        }
    }

    private static func string(_ node: YAMLNode, _ key: Key, _ path: String) throws -> String {
        guard let text = node.string else {
            throw ProjectFileError(
                path: path, line: key.line, column: key.column, reason: "\"\(key.text)\" must be a text")
        }
        return text
    }

    /// One report or several; their files count from the folder of the project file.
    private static func reports(_ node: YAMLNode, _ key: Key, _ path: String) throws -> [ReportChoice] {
        let folder = ProjectFile(path: path).folder
        return try (node.sequence ?? [node]).map {
            try parsed($0, key, path, ReportChoice.parse).counted(from: folder)
        }
    }

    private static func environment(_ node: YAMLNode, _ path: String) throws -> [EnvironmentVariable] {
        try members(of: node, path, "env").map { key, value in
            let text = try string(value, key, path)
            do throws(UsageFault) {
                return try EnvironmentVariable(name: key.text, value: text)
            } catch {
                throw ProjectFileError(
                    path: path, line: key.line, column: key.column, reason: "\"env\": \(error.description)")
            }
        }
    }

    private static func flag(_ node: YAMLNode, _ key: Key, _ path: String) throws -> Bool {
        guard let flag = node.bool else {
            throw ProjectFileError(
                path: path, line: key.line, column: key.column, reason: "\"\(key.text)\" must be true or false")
        }
        return flag
    }

    /// What the text of an option means there.
    private static func parsed<Value>(
        _ node: YAMLNode, _ key: Key, _ path: String, _ parse: (String) throws(UsageFault) -> Value
    ) throws -> Value {
        let text = try string(node, key, path)
        do throws(UsageFault) {
            return try parse(text)
        } catch {
            throw ProjectFileError(
                path: path, line: key.line, column: key.column, reason: "\"\(key.text)\": \(error.description)")
        }
    }

    private static func time(_ node: YAMLNode, _ key: Key, _ path: String) throws -> TimeSpan {
        guard let time = node.string.flatMap({ TimeSpan(argument: $0) }) else {
            throw ProjectFileError(
                path: path, line: key.line, column: key.column,
                reason: "\"\(key.text)\" must be a time, such as 2s or 500ms")
        }
        return time
    }

    /// The text of a file.
    ///
    /// `mustBeOwn`: it holds commands, so that another user's is refused.
    static func contents(_ path: String, mustBeOwn: Bool = true) throws(ProjectFileError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ProjectFileError(path: path, line: 0, reason: "cannot open: \(systemMessage(errno))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, !mustBeOwn || status.st_uid == getuid() || status.st_uid == 0 else {
            throw ProjectFileError(
                path: path, line: 0, reason: "belongs to another user, so the commands in it are not run")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                throw ProjectFileError(path: path, line: 0, reason: "cannot read: \(systemMessage(errno))")
            }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= 1 << 20 else {
                throw ProjectFileError(path: path, line: 0, reason: "is longer than 1 MiB")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
