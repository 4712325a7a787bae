import ArgumentParser
internal import Glibc
import Recorder

/// What `serve` and `record` take out of a conversation before they write it.
struct RedactionOptions: ParsableArguments {
    @Option(
        name: .customLong("redact"),
        help: ArgumentHelp(
            """
            Take secrets out before anything is written; may be repeated: defaults (the usual names and shapes of \
            secrets), key=NAME, path=PATH, regex=PATTERN.
            """, valueName: "rule"))
    var rules: [String] = []

    @Option(
        name: .customLong("redact-rules"),
        help: ArgumentHelp("A YAML file with such rules under \"redact\"; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @OptionGroup var key: RedactionKeyOption

    func validate() throws { try RedactionKeyOption.validate(rules) }

    /// Refuses rules where nothing is recorded or shown that they could be for.
    func checkUse(isShown: Bool) throws {
        guard !isShown, !rules.isEmpty || !files.isEmpty else { return }
        throw ValidationError(
            "--redact goes with --record FILE: without it, and with --quiet, nothing is kept or shown")
    }

    /// Reads the files of rules and the key, to say what is wrong with them.
    func checkFiles() throws {
        for file in files { _ = try RedactionRuleFile.read(file) }
        _ = try key.pseudonyms()
    }

    /// What is taken out: what the options say, the files, and the project file of the folder in which the recording is made.
    ///
    /// - Parameters:
    ///   - recording: the file that is written.
    ///   - config: the project file, where it is named.
    func given(recording: String?, config: String?) throws -> Redaction? {
        do {
            return try redaction(recording, config)
        } catch let error as ProjectFileError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func redaction(_ recording: String?, _ config: String?) throws -> Redaction? {
        let folder = recording.map(ProjectFile.folder(of:)) ?? "."
        let project = try config.map { try ProjectFile.read($0) } ?? ProjectFile.nearest(from: folder)
        let given = try rules.map { try RedactionRule(option: $0) } + files.flatMap { try RedactionRuleFile.read($0) }
        let rules = given + (project?.redact ?? [])
        if key.variable != nil, rules.isEmpty {
            throw UsageFault("--redact-key-env goes with rules: give --redact defaults, for one")
        }
        guard !rules.isEmpty else { return nil }
        if recording == nil, !given.isEmpty {
            Terminal.log(.note, "nothing is recorded without --record FILE; secrets are taken out of what is shown")
        }
        if let project, !project.redact.isEmpty {
            Terminal.log(.note, "secrets are taken out also by the rules of \(project.path)")
        }
        return Redaction(rules: rules, pseudonyms: try key.pseudonyms())
    }
}

/// Where the key of pseudonyms comes from.
struct RedactionKeyOption: ParsableArguments {
    @Option(
        name: .customLong("redact-key-env"),
        help: ArgumentHelp(
            """
            Make pseudonyms with the key in this environment variable, so that a secret has the same one in every \
            recording (default: a random key that is kept nowhere).
            """, valueName: "name"))
    var variable: String?

    /// The fewest bytes of a key that nobody can guess.
    private static let minimumBytes = 16

    /// What makes the pseudonyms.
    func pseudonyms() throws -> Pseudonyms {
        guard let variable else { return Pseudonyms() }
        guard let value = getenv(variable), value.pointee != 0 else {
            throw UsageFault("--redact-key-env: the environment has no \(variable)")
        }
        let bytes = Array(String(cString: value).utf8)
        guard bytes.count >= Self.minimumBytes else {
            throw UsageFault(
                "--redact-key-env: \(variable) has \(bytes.count) bytes; a key has at least \(Self.minimumBytes), "
                    + "such as those of: openssl rand -hex 32")
        }
        return Pseudonyms(KeyedHash(key: bytes))
    }

    /// Checks rules that were given as options.
    static func validate(_ rules: [String]) throws {
        for rule in rules {
            do throws(RuleError) {
                _ = try RedactionRule(option: rule)
            } catch {
                throw ValidationError("--redact '\(rule)': \(error.reason)")
            }
        }
    }
}
