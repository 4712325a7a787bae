import ArgumentParser
import Codecs
import Server

/// `tapedeck serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer clients, each port in its codec, and record them.",
        discussion: """
            Clients of a pickle or JSON port are greeted with {"clientid": PORT}, their
            own port; what they send is printed and answered. Bytes that are no message
            are reported, recorded as they are, and end that connection only. Ctrl-C or
            SIGTERM lets open connections end and closes the recording; a second one
            ends at once.

            Settings of a port, which as options apply to every port:
              reply=echo            answer with the message itself (default)
              reply=ack             answer {"message": "server got the data"}
              reply=none            do not answer
              greet=clientid        greet with the client's own port
              greet=none            do not greet (default for raw)
              greet=JSON            {client_port}, {client_host}, {session} are filled in
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

            A recording is in the kernel's hands before an answer leaves. When it cannot
            be written any more (a full disk, a deleted file), nobody is served any more
            and the status is 2, unless --on-record-failure continue is given. SIGHUP goes
            on in a new file where the old one was moved away (logrotate).

            Examples:
              tapedeck serve --listen 12000:pickle --record out.tape.jsonl
              tapedeck serve --listen 12000:json -o out.tape.jsonl --durability disk
              tapedeck serve --listen 12000:json -o out.tape.jsonl.zst --rotate 256MB
              tapedeck serve --listen 12000:json -o sessions/
              tapedeck serve --listen 12000:pickle --listen 12001:json,reply=ack
              tapedeck serve --listen 0.0.0.0:12002:json/content-length,greet=none
              tapedeck serve --listen 12000:json,tls=server.pem,tls-key=server.key
              tapedeck serve --listen 12000:pickle --capture lab.pcapng
              tapedeck serve --listen 12000:pickle --capture lab.pcapng --capture-from sockets
              tapedeck serve --listen 12001:json --redact defaults -o out.tape.jsonl

            Rules of --redact, each of which may also stand in a YAML file under "redact",
            one for --redact-rules or tapedeck.yaml:
              defaults              the usual names of secrets (password, token, …), and
                                    what looks like one (keys of well-known services, …)
              key=NAME              what stands under that key (*token: any that ends so)
              path=$.users[*].email a place
              regex=PATTERN         what matches in texts, or its first group
            A secret is replaced by a pseudonym of its kind, its length and its shape; the
            same secret has the same one in the whole recording. A capture (--capture) and
            the server itself get what was sent.
            """)

    @OptionGroup var server: ServerOptions

    @Option(
        name: [.customLong("record"), .customShort("o")],
        help: ArgumentHelp(
            "Record to this new file, compressed if it ends in .zst; or to a folder (or a name that ends in /), a file for each session. Without it nothing is recorded.",
            valueName: "file.tape.jsonl"))
    var recording: String?

    @Option(
        help: ArgumentHelp(
            "Answer with: echo, ack, none, or exec:COMMAND, a program of yours (default: echo).", valueName: "how"),
        transform: OptionText.valid(ReplyOption.parse))
    var reply: PortConfiguration.Reply?

    @Option(
        name: .customLong("reply-timeout"),
        help: ArgumentHelp(
            "Close a session whose message the child of exec: has not answered for so long (default: never).",
            valueName: "time"))
    var replyTimeout: TimeSpan?

    @Option(help: ArgumentHelp("Greet with: clientid, none, or a JSON value.", valueName: "greeting"))
    var greet: String?

    func validate() throws {
        try server.writing.check(recordingTo: recording)
        if recording == nil { try server.redaction.checkUse(isShown: !server.output.isQuiet) }
        _ = try ports()
    }

    func run() async throws {
        try await ServerRun(
            ports: ports(), recording: recording, writing: server.writing.settings(recordingTo: recording ?? ""),
            redaction: server.redaction.given(recording: recording), capture: server.capture,
            keyLog: server.keyLog, portFile: server.portFile,
            drain: server.drain?.duration ?? .seconds(5), output: server.output
        ).run()
    }

    private func ports() throws -> [PortConfiguration] {
        var defaults = PortSettings()
        defaults.reply = reply
        defaults.replyTimeout = replyTimeout
        defaults.greeting = greet
        return try server.ports(defaults: defaults)
    }
}
