import Foundation
import TestSupport
import Testing

@Suite("show on a terminal")
struct ShowPagerTests {
    /// What comes of a command on a terminal of 10 rows and `WIDTH` columns: what it printed there, and its status.
    private static let terminal = """
        import fcntl, os, pty, struct, sys, termios
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 10, int(os.environ['WIDTH']), 0, 0))
            os.execvp(sys.argv[1], sys.argv[1:])
        printed = b''
        while True:
            try: part = os.read(terminal, 65536)
            except OSError: break
            if not part: break
            printed += part
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.buffer.write(printed.replace(b'\\r\\n', b'\\n'))
        print('status', status)
        """

    /// - Parameters:
    ///   - columns: the terminal's; no line of `long` is wider than so many.
    private static func show(
        _ arguments: [String], environment: [String: String], columns: Int = 200
    ) async throws -> String {
        let run = try RunningProgram(
            "python3", ["-c", terminal, BuiltBinary.path, "show", "--color", "never"] + arguments,
            environment: ["TAPEDECK_PAGER": "", "TERM": "dumb", "WIDTH": String(columns)].merging(environment) { $1 })
        #expect(try await run.exit() == .status(0), "\(run.complaints)")
        return run.output
    }

    private static func capture(_ name: String) -> String { PythonProgram.root + "/captures/" + name }
    private static let long = capture("pickle/chat/chat.tape.jsonl")

    @Test("what is wider than the terminal goes on below its value, also for the pager")
    func folding() async throws {
        let folder = try ScratchFolder()
        let text = String(repeating: "word ", count: 60) + "世界"
        let path = try folder.write(EchoProject.recording(saying: text), to: "a.tape.jsonl")
        let pager = ["TAPEDECK_PAGER": "cat > \(folder.path("paged"))"]
        let onTerminal = try await Self.show([path], environment: [:], columns: 80)
        _ = try await Self.show([path], environment: pager, columns: 80)
        for shown in [onTerminal, folder.text("paged") ?? onTerminal] {
            let rows = shown.split(separator: "\n").filter { $0.contains("word ") }
            #expect(rows.count > 5, "\(shown)")
            for row in rows { #expect(row.count <= 80 && row.prefix(19).allSatisfy { $0 != "w" }, "\(row)") }
        }
    }

    @Test("what does not fit goes through the pager, all of it; what fits does not")
    func fits() async throws {
        let folder = try ScratchFolder()
        let pager = ["TAPEDECK_PAGER": "cat > \(folder.path("paged"))", "PAGER": "false"]
        let plain = try await BuiltBinary.run("show", Self.long).output
        #expect(try await Self.show([Self.long], environment: pager) == "status 0\n")
        #expect(folder.text("paged") == plain)
        let part = try await BuiltBinary.run("show", Self.long, "-g", "Ben").output
        #expect(try await Self.show([Self.long, "-g", "Ben"], environment: pager) == part + "status 0\n")
        #expect(folder.text("paged") == plain)
    }

    @Test("the pager is $PAGER where there is no other; none where it is empty or cat, or --no-pager is given")
    func which() async throws {
        let plain = try await BuiltBinary.run("show", Self.long).output
        let upper = ["PAGER": "tr a-z A-Z", "WIDTH": "200"]
        for (arguments, environment) in [
            ([Self.long], ["PAGER": "cat"]), ([Self.long], ["TAPEDECK_PAGER": "", "PAGER": "tr a-z A-Z"]),
            ([Self.long, "--no-pager"], ["TAPEDECK_PAGER": "tr a-z A-Z"]),
        ] {
            #expect(try await Self.show(arguments, environment: environment) == plain + "status 0\n")
        }
        let run = try RunningProgram(
            "/usr/bin/env",
            [
                "-u", "TAPEDECK_PAGER", "python3", "-c", Self.terminal, BuiltBinary.path, "show", "--color", "never",
                Self.long,
            ],
            environment: upper)
        #expect(try await run.exit() == .status(0))
        #expect(run.output.contains("CONNECTED"), "\(run.output)")
    }

    @Test("less gets the options that git gives it, unless LESS is set")
    func less() async throws {
        let show = { try await Self.show([Self.long], environment: $0) }
        #expect(try await show(["TAPEDECK_PAGER": "cat > /dev/null; echo $LESS"]) == "FRX\nstatus 0\n")
        #expect(try await show(["TAPEDECK_PAGER": "cat > /dev/null; echo $LESS", "LESS": "S"]) == "S\nstatus 0\n")
    }

    @Test("a pager that is not there hinders nothing", arguments: ["/no/such/pager", "no-such-pager -R"])
    func missing(pager: String) async throws {
        let plain = try await BuiltBinary.run("show", Self.long).output
        let shown = try await Self.show([Self.long], environment: ["TAPEDECK_PAGER": pager])
        #expect(shown.contains(plain), "\(shown)")
        #expect(shown.hasSuffix("status 0\n"))
    }

    @Test("a pager that is left early ends it quietly, whatever is still to come")
    func left() async throws {
        let folder = try ScratchFolder()
        // More than a pipe holds.
        let capture = try String(contentsOfFile: Self.capture("json/lines.tape.jsonl"), encoding: .utf8)
        let lines = capture.split(separator: "\n")
        let more = repeatElement(lines[2], count: 5_000).joined(separator: "\n")
        let path = try folder.write(
            lines.prefix(2).joined(separator: "\n") + "\n" + more + "\n", to: "a.tape.jsonl")
        let shown = try await Self.show([path], environment: ["TAPEDECK_PAGER": "head -n 1"])
        #expect(shown.split(separator: "\n").count == 2, "\(shown)")
        #expect(shown.hasSuffix("status 0\n"))
    }

    @Test("what is wrong stands in the pager behind what was shown before it")
    func complaints() async throws {
        let folder = try ScratchFolder()
        let whole = try String(contentsOfFile: Self.long, encoding: .utf8)
        let path = try folder.write(String(whole.dropLast(9)), to: "a.tape.jsonl")
        let shown = try await Self.show([path], environment: ["TAPEDECK_PAGER": "tr a-z A-Z"])
        #expect(shown.contains("CLOSED\nTAPEDECK: "), "\(shown)")
        #expect(shown.contains(": TORN: "), "\(shown)")
    }

    @Test("no bytes go to a terminal, and nothing of --follow through a pager")
    func noBytes() async throws {
        let pager = ["TAPEDECK_PAGER": "tr a-z A-Z"]
        let raw = try await Self.show([Self.long, "--raw", "--from", "client"], environment: pager)
        #expect(raw.contains("--hex") && raw.hasSuffix("status 64\n"), "\(raw)")
        let plain = try await BuiltBinary.run("show", Self.long).output
        #expect(try await Self.show([Self.long, "--follow"], environment: pager) == plain + "status 0\n")
    }

    @Test("a pager that ends as one does that is not there has shown the text all the same")
    func misleading() async throws {
        let plain = try await BuiltBinary.run("show", Self.long).output
        for status in [126, 127] {
            let shown = try await Self.show([Self.long], environment: ["TAPEDECK_PAGER": "cat; exit \(status)"])
            #expect(shown == plain + "status 0\n", "\(shown)")
        }
    }
}
