import ArgumentParser
import Recorder

/// `tapedeck export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a recording as packets that Wireshark opens (pcapng, pcap).",
        discussion: """
            Each session becomes a TCP connection between the recorded addresses, at the
            recorded times, with handshake, segments as an Ethernet carries them,
            acknowledgements and right checksums. In a pcapng file each message's first
            packet has a comment with its session, its number and what it reads as:

              tshark -r lab.pcapng -T fields -e frame.comment -Y frame.comment

            What the recording lacks is lacking in the packets. A session whose recorder
            was stopped has no end. tapedeck import reads the file back.

            Examples:
              tapedeck export lab.tape.jsonl -o lab.pcapng
            """)

    @Argument(help: "The recording.", completion: .file(extensions: ["jsonl", "zst"]))
    var recording: String

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Write to this new file: pcapng if its name ends so, else pcap.", valueName: "file.pcapng"))
    var output: String

    func validate() throws { try OutputCheck.check(output, inputs: [("the recording", recording)]) }

    func run() async throws {
        let summary: RecordingExporter.Summary
        do {
            let (recording, output) = (recording, output)
            (summary, _) = try await InterruptibleWork.run(until: Signals.endings()) {
                try RecordingExporter.export(recording, to: output, tool: ToolVersion.text)
            }
        } catch let error as RecordingError where error.code == .damagedLine {
            Terminal.complain(error)
            Terminal.log("tapedeck: mend it first: tapedeck check --repair \(recording)")
            throw ExitStatus.impossible
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        if let line = summary.tornLine {
            Terminal.log(
                "tapedeck: \(recording):\(line): torn: this line was never finished; all before it is exported")
        } else if summary.lacksEnd {
            Terminal.log("tapedeck: \(recording): has no end; what is there is exported")
        }
        if summary.unknown > 0 {
            Terminal.log(
                "tapedeck: \(recording): \(summary.unknown.counting("event")) without bytes or a length: not in the packets"
            )
        }
        Terminal.log(
            "tapedeck: \(output): \(summary.packets.counting("packet")) of \(summary.sessions.counting("session")), "
                + summary.messages.counting("message"))
    }
}
