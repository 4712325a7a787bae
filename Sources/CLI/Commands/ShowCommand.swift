import ArgumentParser
import Codecs
internal import Glibc
import Recorder

/// `tapedeck show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Read a conversation: a line an event, with time, session, direction and value.",
        discussion: """
            Several files are shown one after another, each under its name; of a folder,
            every *.tape.jsonl and *.tape.jsonl.zst in it and below.

            A torn last line (the recorder was killed, or the disk was full) is told of
            on stderr; all before it is shown. Damaged lines are passed over, each with
            a line on stderr, and the status is 2.

            --session, --port, --from and -g show a part; what they name must all be
            true of an event. -g is searched for in each event as it is shown, before it
            is cut (--width) and escaped; of the events that it finds, the open of their
            session stands before the first. Where nothing at all is found, the status
            is 2.

            --hex shows the bytes of each message, as they passed, framing included.
            --raw writes the bytes that --from sent and nothing else, for a pipe: the
            messages of one session (--session), or of all in their order. To a terminal
            it writes nothing: use --hex. --stats gives a row for each session when it
            is over: messages and bytes of both sides, and how long answers took. A
            message of the server answers the oldest request of its session that has no
            answer yet, so that pipelined requests count each by itself; where none
            waits, it was unasked for (a greeting, a push) and counts no time. A push
            that comes while a request waits cannot be told from its answer. A session
            that goes on in another file has a row for each. With -g only the messages
            that it finds count, and the time of answers to those. --format json gives
            an object an event, as the lines of a recording are: what is shown of one
            file is a recording itself, the end of which counts what is in it. With
            --stats it gives an object a session and {"total":…}.

            --follow shows a recording while it is written, from its beginning, and ends
            with it: at its end line, unless a rotated or reopened file goes on from it.
            A recording that is not there yet is waited for; one that is moved away,
            replaced or cut short is followed in the file that stands there next. In a
            folder new recordings are shown as they appear. Ctrl-C ends it, with status
            0.

            What is longer than the terminal goes through $TAPEDECK_PAGER, $PAGER or
            less, unless --no-pager is given.

            --codec reads the recorded bytes anew with another codec. --codec auto finds
            one by reading the first bytes of each port with every codec that they could
            be, and says on stderr which it took and why. The limits (--max-…) are those
            of this reading: what is over them is shown as bytes.

            --textconv is for git, which shows changed recordings as conversations then:
            no times, no addresses of clients, nothing cut, damage told of in the text,
            and status 0. What is no recording is given as it is.
              git config diff.tapedeck.textconv 'tapedeck show --textconv'
              echo '*.tape.jsonl diff=tapedeck' >> .gitattributes

            A capture of packets (pcap, pcapng) is shown as the recording that tapedeck
            import would make of it: --port says what is spoken where, --codec what
            other ports speak (default: auto).

            Examples:
              tapedeck show out.tape.jsonl
              tapedeck show out.tape.jsonl --session 3 -g '"error"'
              tapedeck show --follow out.tape.jsonl
              tapedeck show out.tape.jsonl --raw --from client | nc 127.0.0.1 12000
              tapedeck show captures/ --stats
              tapedeck show out.tape.jsonl --codec json/concat
              tapedeck show lab.pcap --port 12000:pickle
            """)

    @Argument(
        help: "Recordings, compressed ones (.zst) too, or folders of them; or captures.",
        completion: .file(extensions: ["jsonl", "zst", "pcap", "pcapng"]))
    var paths: [String]

    @Flag(
        name: [.customLong("follow"), .customShort("f")], help: "Show what is recorded from now on, too, as it comes.")
    var follows = false

    @OptionGroup(title: "Selection") var selection: SelectionOptions

    @Flag(help: "Show the bytes of messages, beside what is ASCII among them.")
    var hex = false

    @Flag(help: "Write the bytes of messages, and nothing else; needs --from.")
    var raw = false

    @Flag(name: .customLong("stats"), help: "Show what each session came to: messages, bytes, latency.")
    var statistics = false

    @Flag(help: "For git diff: only what is the same whenever the same was said.")
    var textconv = false

    @Option(help: ArgumentHelp("How to print: text or json.", valueName: "format"))
    var format = ShowSettings.Format.text

    @Option(
        name: .customLong("width"),
        help: ArgumentHelp(
            "Characters of a value, or with --hex bytes of a message, that are shown (default: 2000; with --textconv all).",
            valueName: "count"))
    var width: Int?

    @Flag(name: .customLong("no-times"), help: "Show no times.")
    var hidesTimes = false

    @Flag(name: .customLong("no-pager"), help: "Use no pager.")
    var usesNoPager = false

    @Option(
        name: .customLong("codec"),
        help: ArgumentHelp("Read the recorded bytes with this codec, or auto.", valueName: "codec|auto"))
    var codec: String?

    @OptionGroup(title: "Captures") var packets: ImportOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: ColourOptions

    func validate() throws {
        if let width, width < 1 { throw ValidationError("--width is at least 1") }
        try CodecChoice.validate(codec)
        let forms = [(hex, "--hex"), (raw, "--raw"), (statistics, "--stats")].filter(\.0).map(\.1)
        guard forms.count < 2 else {
            throw ValidationError("\(forms.joined(separator: " and ")) are two ways to show: give one")
        }
        try validateForm(forms.first)
        if textconv {
            for (isGiven, name) in [(follows, "--follow"), (raw, "--raw"), (statistics, "--stats")] where isGiven {
                throw ValidationError("--textconv gives a text to compare, which \(name) is none of")
            }
            guard paths.count == 1 else { throw ValidationError("--textconv takes one file, as git gives it") }
        }
        if follows, codec == CodecChoice.auto {
            throw ValidationError("--codec auto looks at all of a recording first, which --follow cannot: name a codec")
        }
    }

    private func validateForm(_ form: String?) throws {
        if raw, selection.side == nil {
            throw ValidationError("--raw needs --from client or --from server: whose bytes?")
        }
        if raw, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("--raw writes what a terminal may take for commands: use --hex, or a pipe or a file")
        }
        if statistics, selection.side != nil {
            throw ValidationError("--stats counts both sides beside one another: leave --from out")
        }
        if format == .json {
            if hex || raw || textconv {
                throw ValidationError("--format json does not go with \(textconv ? "--textconv" : form ?? "")")
            }
            if hidesTimes {
                throw ValidationError("--no-times is about text: with --format json, leave \"t\" out of what you read")
            }
        }
        guard raw || statistics || format == .json else { return }
        let way = form ?? "--format json"
        if width != nil { throw ValidationError("\(way) cuts nothing: leave --width out") }
        if hidesTimes { throw ValidationError("\(way) shows no times of events: leave --no-times out") }
    }

    func run() async throws {
        do {
            let hasFound = follows ? try await follow() : try show()
            // Git takes any other status than 0 for the end of its diff.
            guard !hasFound, selection.isNarrow, !textconv else { return }
            Terminal.log("tapedeck: nothing is selected by \(selection.options.joined(separator: " "))")
            throw ExitStatus.impossible
        } catch let error as RecordingError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    /// Shows while it is recorded. Whether anything that was asked for was there; it is nobody's fault that it was not yet.
    private func follow() async throws -> Bool {
        let run = FollowRun(
            paths: paths, settings: settings, selection: selection, limits: limits.limits, codec: codec)
        let (hasFound, isInterrupted) = try await InterruptibleWork.run(until: Signals.endings()) {
            try await run.run()
        }
        return hasFound || isInterrupted
    }

    /// Shows what there is. Whether anything that was asked for was there.
    private func show() throws -> Bool {
        let recordings = try recordings()
        let output = ShowOutput(pager: usesPager ? Pager.command : nil)
        // Whatever ends it, what was shown before that is seen.
        defer { try? output.finish() }
        if recordings.count > 1 { output.makesHeading = settings.heading }
        var hasFound = false
        for recording in recordings {
            do {
                let path = try recording.get()
                output.turn(to: path)
                let found = try show(path, output)
                hasFound = hasFound || found
            } catch let error as RecordingError {
                if textconv, error.code != .cannotOpen {
                    try showAsItIs(error, output)
                    hasFound = true
                    continue
                }
                // What is wrong with one keeps nobody from the others.
                try output.complain("tapedeck: \(error)")
                output.isFlawed = true
            }
        }
        try output.finish()
        if output.isFlawed, !textconv { throw ExitStatus.impossible }
        return hasFound
    }

    /// The recordings that the paths name, and why one of them names none.
    private func recordings() throws(RecordingError) -> [Result<String, RecordingError>] {
        var recordings: [Result<String, RecordingError>] = []
        for path in paths {
            do throws(RecordingError) {
                recordings += try RecordingSearch.recordings(in: [path]).map { .success($0) }
            } catch {
                recordings.append(.failure(error))
            }
        }
        guard !recordings.isEmpty else {
            throw RecordingError(
                .cannotOpen, paths.joined(separator: ", "), "no recording (*.tape.jsonl) is in there")
        }
        return recordings
    }

    private func show(_ path: String, _ output: ShowOutput) throws -> Bool {
        if ConversationFile.isCapture(path) { return try showCapture(path, output) }
        let named = selection.portOptions.first { $0.codec != nil || $0.isGuessed || $0.protocolVersion != nil }
        if let option = packets.given ?? named.map({ "a codec behind --port \($0.port)" }) {
            throw ValidationError("\(option) goes with a capture of packets, and \(path) is none")
        }
        let source = try ConversationFile.open(path)
        let conversation = ShownConversation(
            source.header, path: path, settings, selection, limits: limits.limits,
            choice: try codec.map { try CodecChoice.choice($0, recording: path) }, output)
        try conversation.show(source)
        return conversation.hasFound
    }

    /// Shows a capture as the recording that it would be.
    private func showCapture(_ path: String, _ output: ShowOutput) throws -> Bool {
        let other = try codec.flatMap { $0 == CodecChoice.auto ? nil : try CodecArgument.codec($0) }
        let imported: CapturedConversation?
        do {
            imported = try ConversationFile.open(
                capture: path, packets.settings(ports: selection.portOptions, other: other, limits: limits.limits),
                tell: output.complain)
        } catch let error as CaptureError {
            try output.complain("tapedeck: \(error)")
            imported = nil
        }
        if imported?.isDamaged ?? true { output.isFlawed = true }
        guard let imported else { return false }
        let conversation = ShownConversation(
            imported.header, path: path, settings, selection, limits: limits.limits, choice: nil, output)
        try conversation.show(imported)
        return conversation.hasFound
    }

    /// What is no recording is compared as what it is: a file that a merge left, or what stands in for a large one.
    private func showAsItIs(_ error: RecordingError, _ output: ShowOutput) throws {
        let place = error.line > 0 ? "line \(error.line): " : ""
        try output.write("     \(place)\(TerminalText.escaped(error.reason))\n")
        if error.code == .foreign || error.code == .newerVersion {
            let bytes = try StandardStreams.contents(of: error.path, limit: 64 << 20)
            try output.write(TerminalText.escapedLines(bytes))
        }
    }

    private var usesPager: Bool { !usesNoPager && !raw && !textconv && isatty(STDOUT_FILENO) == 1 }

    private var settings: ShowSettings {
        ShowSettings(
            form: hex ? .hex : raw ? .raw : statistics ? .statistics : .text, format: format,
            width: width ?? (textconv ? .max : 2_000), showsTimes: !hidesTimes && !textconv, isForDiff: textconv,
            usesColour: !textconv && Terminal.usesColour(output.colour, descriptor: STDOUT_FILENO),
            foldingColumns: textconv ? nil : Terminal.foldingColumns(of: STDOUT_FILENO))
    }
}

extension ShowSettings.Format: ExpressibleByArgument {}
