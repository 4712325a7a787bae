import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("The settings of serve, record and mock")
struct ServerArgumentsTests {
    /// Those that come from no file and no environment.
    private static let ownOptions: Set<String> = ["help", "version", "config", "check-config", "redact"]

    /// Those of a mock beside them: rules are a part of a project file of their own.
    private static let ruleOptions: Set<String> = ["rule", "rules", "ignore-header-rules"]

    /// The options of a command, as its own dump of its help has them.
    private func options(of command: any ParsableCommand.Type) throws -> [String: String] {
        let dump = try #require(
            JSONSerialization.jsonObject(with: Data(command._dumpHelp().utf8)) as? [String: Any])
        let arguments = try #require((dump["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
        var options: [String: String] = [:]
        for argument in arguments {
            for name in argument["names"] as? [[String: Any]] ?? [] where name["kind"] as? String == "long" {
                options[name["name"] as? String ?? ""] = argument["abstract"] as? String ?? ""
            }
        }
        return options
    }

    @Test("are those of the options, with the same defaults")
    func inStep() throws {
        for (command, commands) in [
            (ServeCommand.self as any ParsableCommand.Type, ServerSetting.Commands.serve),
            (RecordCommand.self, .record), (MockCommand.self, .mock),
        ] {
            let options = try options(of: command)
            let settings = ServerSetting.settings(of: commands)
            let named = settings.filter { !$0.isArgument }
            let other = commands == .mock ? Self.ownOptions.union(Self.ruleOptions) : Self.ownOptions
            #expect(Set(named.map(\.key)) == Set(options.keys).subtracting(other))
            for setting in settings {
                guard let standard = options[setting.key]?.firstMatch(of: /\(default: ([^)]*)\)/)?.1 else { continue }
                guard setting.key != "record", setting.key != "listen", setting.key != "capture-interface" else {
                    continue
                }
                #expect(setting.standard == standard || setting.standard.hasPrefix(standard), "\(setting.key)")
            }
        }
    }

    private func given(
        _ arguments: [String], file: String? = nil, environment: [String: String] = [:]
    ) throws -> ServerArguments {
        let folder = try ScratchFolder()
        let path = try folder.write(file ?? "", to: "tapedeck.yaml")
        return try ServerArguments(arguments + ["--config", path], environment: environment)
    }

    @Test("come from options, else from the environment, else from the file, else they are the defaults")
    func precedence() throws {
        let file = """
            serve:
              listen: [1:json, 2:pickle]
              max-frame: 1KiB
              max-depth: 7
              quiet: true
              drain: 1s
            """
        let environment = ["TAPEDECK_MAX_DEPTH": "8", "TAPEDECK_DRAIN": "2s", "TAPEDECK_LOG_FORMAT": "json"]
        let given = try given(
            ["serve", "--listen=3:raw", "--drain", "3s"], file: file, environment: environment)
        func entry(_ key: String) -> ServerArguments.Entry? { given.entries.first { $0.key == key } }
        #expect(entry("listen") == .init(key: "listen", values: ["3:raw"], source: .commandLine))
        #expect(entry("drain") == .init(key: "drain", values: ["3s"], source: .commandLine))
        #expect(
            entry("max-depth") == .init(key: "max-depth", values: ["8"], source: .environment("TAPEDECK_MAX_DEPTH")))
        let path = try #require(given.file)
        #expect(
            entry("max-frame") == .init(key: "max-frame", values: ["1KiB"], source: .file(path, line: 3, column: 3)))
        #expect(entry("max-memo") == .init(key: "max-memo", values: ["4194304"], source: .standard))
        let added = given.arguments.dropFirst(6)
        #expect(Set(added) == ["--max-frame=1KiB", "--max-depth=8", "--quiet", "--log-format=json"])
        let command = try #require(try RootCommand.parseAsRoot(given.arguments) as? ServeCommand)
        #expect(command.serving.limits.frame?.bytes == 1_024)
        #expect(command.serving.limits.depth == 8)
        #expect(command.serving.logFormat == .json)
    }

    @Test("of a file count its paths from its folder, those of a port, too")
    func paths() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            """
            record:
              listen:
                - 1:json,tls=a.pem,tls-key=/b.key,to-tls=system
                - {host: "::1", port: 2, codec: raw, tls: none, to-tls: ca.pem, to: "x:1"}
                - {systemd: web, codec: pickle, greet: '{"a":1,"b":2}'}
              record: tapes/
              capture: /c.pcapng
              to-tls: insecure
              tls-keylog: ../keys
              redact-rules: [r.yaml, /s.yaml]
            """, to: "sub/tapedeck.yaml")
        let given = try ServerArguments(["record", "--config", path], environment: [:])
        let sub = folder.path("sub")
        #expect(
            given.arguments.dropFirst(3) == [
                "--listen=127.0.0.1:1:json/lines,tls=\(sub)/a.pem,tls-key=/b.key,to-tls=system",
                "--listen=[::1]:2:raw/u32be,tls=none,to-tls=\(sub)/ca.pem,to=x:1",
                "--listen=systemd:web:pickle/stream,greet={\"a\":1,\"b\":2}", "--record=\(sub)/tapes/",
                "--redact-rules=\(sub)/r.yaml", "--redact-rules=/s.yaml", "--capture=/c.pcapng", "--to-tls=insecure",
                "--tls-keylog=\(sub)/../keys",
            ])
    }

    @Test("of a mock name its recordings, unless the command line does, and its ports")
    func mock() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            """
            mock:
              recordings: [tapes/, /other.tape.jsonl]
              listen:
                - 12000=0,delay=5ms
                - {recorded: 12001, host: "::1", port: 1, codec: json, tls: a.pem, fault: 'drop@$.a={"b":1,"c":2}'}
                - 7
              fallback: [12000=a:1, 12001=b:2]
              strict: true
              full: false
              reply-timeout: 2s
              record: new/
            """, to: "sub/tapedeck.yaml")
        let sub = folder.path("sub")
        let added = [
            "--listen=12000=127.0.0.1:0,delay=5ms",
            "--listen=12001=[::1]:1:json/lines,tls=\(sub)/a.pem,fault=drop@$.a={\"b\":1,\"c\":2}",
            "--listen=127.0.0.1:7", "--strict", "--fallback=12000=a:1", "--fallback=12001=b:2", "--reply-timeout=2s",
            "--record=\(sub)/new/",
        ]
        let given = try ServerArguments(["mock", "--config", path], environment: [:])
        #expect(Array(given.arguments.dropFirst(3)) == ["\(sub)/tapes/", "/other.tape.jsonl"] + added)
        #expect(try RootCommand.parseAsRoot(given.arguments) is MockCommand)
        let other = try ServerArguments(["mock", "--config", path, "--", "-odd"], environment: [:])
        #expect(Array(other.arguments.dropFirst(3)) == added + ["--", "-odd"])
        #expect(other.entries.first?.values == ["-odd"])
        #expect(other.entries.first?.source == .commandLine)
        let variable = try ServerArguments(
            ["mock", "--config", path], environment: ["TAPEDECK_RECORDINGS": "x\n-y", "TAPEDECK_FALLBACK": "c:3"])
        #expect(variable.arguments.dropFirst(3).prefix(2) == ["x", "./-y"])
        #expect(variable.arguments.contains("--fallback=c:3") && !variable.arguments.contains("--fallback=12000=a:1"))
    }

    @Test("of a mock are those of the file that counts for its first recording")
    func mockFile() throws {
        let folder = try ScratchFolder()
        try folder.write("mock: {max-frame: 7}", to: "tapes/tapedeck.yaml")
        let recording = try folder.write("", to: "tapes/a.tape.jsonl")
        // It lies outside the working folder: what it says is not done.
        let foreign = try ServerArguments(["mock", folder.path("tapes")], environment: [:])
        #expect(foreign.arguments == ["mock", folder.path("tapes")])
        #expect(try ServerArguments(["mock", recording], environment: [:]).arguments == ["mock", recording])
    }

    @Test("on the command line take the place of those that would contradict them")
    func rivals() throws {
        let file = "record:\n  listen: 1:json\n  start: run me\n  append: true\n"
        let given = try given(["record", "--to", "a:1", "--force"], file: file)
        #expect(given.arguments.dropFirst(6) == ["--listen=127.0.0.1:1:json/lines"])
        let variable = try self.given(["record"], file: file, environment: ["TAPEDECK_TO": "b:2"])
        #expect(variable.arguments.contains("--to=b:2"))
        #expect(!variable.arguments.contains("--start=run me"))
    }

    @Test("are left alone for other commands, and for help")
    func otherCommands() throws {
        for arguments in [["replay", "a"], ["serve", "--help"], [], ["help", "serve"]] {
            let given = try ServerArguments(arguments, environment: ["TAPEDECK_QUIET": "1"])
            #expect(given.arguments == arguments)
        }
    }

    @Test(
        "of the environment are refused with the variable's name",
        arguments: [
            ("TAPEDECK_MAX_FRAME", "big", "TAPEDECK_MAX_FRAME: \"big\" is no size"),
            ("TAPEDECK_QUIET", "perhaps", "TAPEDECK_QUIET=perhaps: it is true or false"),
            ("TAPEDECK_LISTEN", "1:json\n2:jsn", "TAPEDECK_LISTEN: "),
            ("TAPEDECK_DURABILITY", "dsk", "did you mean \"disk\"?"),
        ])
    func badVariables(name: String, value: String, reason: String) throws {
        let fault = #expect(throws: UsageFault.self) { try given(["serve"], environment: [name: value]) }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test(
        "of a file are refused with line, column and key, with what is allowed and what was probably meant",
        arguments: [
            (
                "serve:\n  max-frme: 1\n",
                "2:3: unknown key \"max-frme\": did you mean \"max-frame\"? There are: listen, "
            ),
            ("serve:\n  to: a:1\n", "2:3: unknown key \"to\""),
            ("serve:\n  max-frame: big\n", "2:3: \"max-frame\": \"big\" is no size, such as 64KiB or 1MB"),
            ("serve:\n  max-frame:\n", "2:3: \"max-frame\": must be a text"),
            ("serve:\n  quiet: 3\n", "2:3: \"quiet\": must be true or false"),
            ("serve:\n  color: allways\n", "2:3: \"color\": \"allways\" is none of them: did you mean \"always\"?"),
            ("serve:\n  greet: {a: 1}\n", "2:3: \"greet\": must be a text; with brackets in it, in single quotes"),
            ("serve:\n  listen: []\n", "2:3: \"listen\": has nothing in its list"),
            ("serve:\n  listen:\n    - 1:json\n    - 2:jsn\n", "4:7: \"listen\": "),
            ("serve:\n  listen:\n    - {port: 1}\n", "3:7: \"listen\": a port lacks its codec"),
            ("serve:\n  listen:\n    - {port: 1, fd: 3, codec: raw}\n", "3:7: \"listen\": a port has one of port"),
            (
                "mock:\n  listen: x\n", "2:11: \"listen\": \"x\" is no port"
            ), ("mock:\n  listen: [{codec: raw}]\n", "2:12: \"listen\": a port lacks its number"),
            ("mock:\n  listen:\n    - port: 1\n      to: a:1\n", "4:7: unknown key \"to\""),
            ("mock:\n  greet: none\n", "2:3: unknown key \"greet\""),
            ("mock:\n  fallback: h:0\n", "2:13: \"fallback\": "),
            ("mock:\n  rules: []\n", "2:3: \"rules\": stands at the top of the file, beside \"mock\""),
            ("mock:\n  recordings: []\n", "2:3: \"recordings\": has nothing in its list"),
            (
                "serve:\n  listen:\n    - port: 1\n      codec: raw\n      rply: ack\n",
                "5:7: unknown key \"rply\": did you"
            ),
            (
                "serve:\n  listen:\n    - port: 1\n      codec: raw\n      reply: x\n",
                "5:7: \"reply\": \"reply=x\": there are"
            ),
            ("serve:\n  redact: [defaults]\n", "2:3: \"redact\": stands at the top of the file"),
            ("serve:\n  - a\n", "2:3: serve must hold keys and values"),
            ("record:\n  reply: ack\n", "2:3: unknown key \"reply\""),
            ("record:\n  frame-timeout: soon\n", "2:3: \"frame-timeout\": \"soon\" is no time"),
            (
                "record:\n  max-connections: 0\n",
                "2:3: \"max-connections\": \"0\": a number from 1 to 16777216 is wanted"
            ),
        ])
    func badFiles(text: String, reason: String) throws {
        let error = #expect(throws: ProjectFileError.self) { try ProjectFile.parse(text, path: "tapedeck.yaml") }
        #expect(error?.description.hasPrefix("tapedeck.yaml:" + reason) == true, "\(error?.description ?? "")")
    }
}
