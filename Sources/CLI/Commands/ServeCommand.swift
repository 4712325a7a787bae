import ArgumentParser
import Codecs
import Server

/// `tapedeck serve`.
struct ServeCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer clients, each port in its codec, and record them.",
        discussion: """
            Clients of a pickle or JSON port are greeted with {"clientid": PORT}, their
            own port; what they send is printed and answered. Bytes that are no message
            are reported, recorded as they are, and end that connection only. Ctrl-C or
            SIGTERM lets open connections end and closes the recording; a second one
            ends at once.

            Settings of a port, which as options apply to every port:
            \(ReplyOption.helpLines)
              reply=exec:COMMAND    have a program of yours answer, in any language: an
                                    event a line on its stdin, an answer a line on its
                                    stdout, both JSON (see below)
              reply-timeout=2s      close a session that it lets wait so long
              reply=recording:FILE  answer each message as it was answered in FILE
              unmatched=close       close a session whose message FILE does not know
                                    (unmatched=keep: only tell of it, the default)
              delay=50ms            wait before each answer; 10ms-50ms: by chance
              fault=WHAT[@WHEN]     do something wrong, to try clients; may be repeated:
                drop, duplicate, corrupt (a bit of it), delay:TIME[-TIME],
                truncate:BYTES (and close), close, reset (both behind the answer)
                @10% of the answers, @3 the third of each session, @$.kind=order those
                where that is so, @"text" those that hold it
              fault-seed=NUMBER     other faults by chance
              greet=clientid        greet with the client's own port
              greet=none            do not greet (default for raw)
              greet=JSON            {client_port}, {client_host} and {session} are set
              to=HOST:PORT          relay to a server instead of answering
              protocol=0…5          the pickle protocol of greetings and answers
              tls=CERT.pem          speak TLS to clients; the certificate, and behind it
                                    those of its authorities (tls=none: not this port)
              tls-key=KEY.pem       its private key, where CERT.pem does not hold it
              tls-client-ca=CA.pem  clients must show a certificate of these authorities
              to-tls=system         speak TLS to the relay's server; the system's
                                    authorities must have signed its certificate,
                                    with CA.pem those of that file, with insecure
                                    nobody (to-tls=none: not this port)
              to-tls-name=NAME      the server's name, if not the host of to=
              to-tls-cert=CERT.pem, to-tls-key=KEY.pem
                                    what that server is shown of this one

            Every setting may also stand in a tapedeck.yaml under "serve" (for record,
            under "record"), without its dashes, or in the environment
            (TAPEDECK_MAX_FRAME=1MiB); options count before the environment, that before
            the file. --check-config prints what is in force and where it comes from:
              serve:
                listen:
                  - 12000:pickle,reply=ack
                  - {port: 12001, codec: json, tls: server.pem}
                max-frame: 1MiB

            A recording is in the kernel's hands before an answer leaves. When it cannot
            be written any more (a full disk, a deleted file), nobody is served any more
            and the status is 2, unless --on-record-failure continue is given. SIGHUP
            goes on in a new file where the old one was moved away (logrotate), reads
            the certificates of TLS again, and tapedeck.yaml for other faults and
            delays.

            The child of exec: runs through /bin/sh; there is one for each port, and all
            sessions of the port are its business:
              {"session":1,"event":"open","port":12000,"peer":"127.0.0.1:53412"}
              {"session":1,"event":"message","value":{"text":"hello"}}
              {"session":1,"event":"close"}
            It answers any open session at any time, with {"session":1,"value":…} and
            {"session":1,"close":true}. A message stands there as in a recording: under
            value, for raw ports under text or base64. Its stderr is shown. When it ends
            its sessions are closed, and it is started again, after a pause that grows
            from 0.1 to 10 seconds. A client for which more than 8MiB wait stops it for
            a second at most, and is closed then. A client that sends no more is closed
            when nothing was said to it for a second, or for 10 (reply-timeout=, where it
            is given) while its last message is not answered. At the server's end its
            stdin is closed; SIGTERM follows at half of --drain, SIGKILL at three quarters.

            Examples:
              tapedeck serve --listen 12000:pickle --record out.tape.jsonl
              tapedeck serve --listen 12000:json -o out.tape.jsonl --durability disk
              tapedeck serve --listen 12000:json -o out.tape.jsonl.zst --rotate 256MB
              tapedeck serve --listen 12000:json -o sessions/
              tapedeck serve --listen 12000:pickle --listen 12001:json,reply=ack
              tapedeck serve --listen 0.0.0.0:12002:json/content-length,greet=none
              tapedeck serve --listen 12000:json,tls=server.pem,tls-key=server.key
              tapedeck serve --listen 12000:pickle \\
                             --reply 'exec:python3 Examples/exec/chat.py'
              tapedeck serve --listen 12000:json,reply=recording:old.tape.jsonl
              tapedeck serve --listen 12000:json,delay=10ms-50ms,fault=drop@5%
              tapedeck serve --listen 12000:pickle --capture lab.pcapng
              tapedeck serve --listen 12000:pickle --capture lab.pcapng \\
                             --capture-from sockets
              tapedeck serve --listen 12001:json --redact defaults -o out.tape.jsonl

            Rules of --redact, each of which may also stand in a YAML file under
            "redact", one for --redact-rules or tapedeck.yaml:
              defaults              the usual names of secrets (password, token, …), and
                                    what looks like one (keys of well-known services, …)
              key=NAME              what stands under that key (*token: ends so)
              path=$.users[*].email a place
              regex=PATTERN         what matches in texts, or its first group
            A secret is replaced by a pseudonym of its kind, its length and its shape;
            the same secret has the same one in the whole recording. A capture
            (--capture) and the server itself get what was sent.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var serving: ServingOptions

    var settings: SettingsOptions { server.settings }

    @Option(
        name: [.customLong("record"), .customShort("o")],
        help: ArgumentHelp(
            "Record to this new file, compressed if it ends in .zst; or to a folder (or a name that ends in /), a file for each session. Without it nothing is recorded.",
            valueName: "file.tape.jsonl"))
    var recording: String?

    @Option(
        help: ArgumentHelp(
            "Answer with: \(PlainReply.all.map(\.name).joined(separator: ", ")), exec:COMMAND (a program of yours) or recording:FILE (as it was recorded) (default: echo).",
            valueName: "how"),
        transform: OptionText.valid(ReplyOption.parse))
    var reply: PortConfiguration.Reply?

    @Option(
        name: .customLong("reply-timeout"),
        help: ArgumentHelp(
            "Close a session whose message the child of exec: has not answered for so long (default: never).",
            valueName: "time"))
    var replyTimeout: TimeSpan?

    @OptionGroup var faults: FaultOptions

    @Option(help: ArgumentHelp("Greet with: clientid, none, or a JSON value.", valueName: "greeting"))
    var greet: String?

    func validate() throws {
        try serving.writing.check(recordingTo: recording)
        if recording == nil { try serving.redaction.checkUse(isShown: !serving.output.isQuiet) }
        _ = try ports()
    }

    func run(_ settings: SettingsSource) async throws {
        try await ServerRun(
            ports: ports(), recording: recording, writing: serving.writing.settings(recordingTo: recording ?? ""),
            redaction: serving.redaction.given(recording: recording, config: server.settings.config),
            capture: serving.capture, keyLog: serving.keyLog, portFile: serving.portFile,
            drain: serving.drain?.duration ?? .seconds(5), limits: serving.connectionLimits.limits,
            metrics: serving.metrics, output: serving.output, settings: settings
        ).run()
    }

    func plannedPorts() throws -> [PortConfiguration] { try ports() }

    private func ports() throws -> [PortConfiguration] {
        var defaults = PortSettings()
        defaults.reply = reply
        defaults.replyTimeout = replyTimeout
        faults.apply(to: &defaults)
        defaults.greeting = greet
        return try server.ports(defaults: defaults, serving: serving)
    }
}
