import Foundation
import TestSupport
import Testing

@Suite("Rules, from outside")
struct RuleTests {
    private static let server = """
        import json, os, socket, sys, uuid
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        while True:
            connection, _ = listener.accept()
            stream = connection.makefile('rw')
            for line in stream:
                answer = {'token': uuid.uuid4().hex, 'text': 'asked at ' + os.environ.get('AT', '10:20') + ' by ' + line.strip(), 'n': 1}
                print(json.dumps(answer), file=stream, flush=True)
        """
    private static let recording = """
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":0.1,"s":1,"from":"client","value":"q"}
        {"t":0.2,"s":1,"from":"server","value":{"token": "0123456789abcdef0123456789abcdef", "text": "asked at 09:00 by \\"q\\"", "n": 1}}
        {"t":0.3,"s":1,"eof":"client"}
        {"t":0.4,"s":1,"close":"clean"}
        {"t":0.5,"end":{"sessions":1,"messages":2}}

        """

    private func folder(headerRules: String = "[]", project: String = "") throws -> ScratchFolder {
        let folder = try ScratchFolder()
        let ports = #"[{"listen":"127.0.0.1:7000","codec":"json/lines"}]"#
        try folder.write(
            #"{"tapedeck":1,"created":"","tool":"","ports":\#(ports),"rules":\#(headerRules)}"# + "\n" + Self.recording,
            to: "a.tape.jsonl")
        try folder.write(Self.server, to: "server.py")
        try folder.write("replay:\n  start: python3 server.py {port}\n" + project, to: "tapedeck.yaml")
        return folder
    }

    private func replay(_ folder: ScratchFolder, _ arguments: String...) async throws -> BuiltBinary.Outcome {
        try await BuiltBinary.run(["replay", "--color", "never"] + arguments, in: folder.path)
    }

    @Test("come from options, files and the project file, and the report names the one that judged")
    func sources() async throws {
        let folder = try folder()
        let without = try await replay(folder)
        #expect(without.exit == .status(1), "\(without)")
        #expect(without.output.contains("✗ $.token\n") && without.output.contains("✗ $.text\n"), "\(without)")

        let options = try await replay(
            folder, "--rule", "$.token regex ^[0-9a-f]{32}$", "--rule", #"$.text mask \b\d\d:\d\d\b"#)
        #expect(options.exit == .status(0), "\(options)")
        #expect(!options.output.contains("fit"), "\(options)")

        let project = try self.folder(project: "rules:\n  - path: $.token\n    type: true\n")
        try project.write(
            "rules:\n  - path: $.text\n    mask: '[0-9]'\n  - path: $.tokn\n    type: true\n", to: "r.yaml")
        let files = try await replay(project, "--rules", "r.yaml")
        #expect(files.exit == .status(0), "\(files)")
        #expect(files.output.contains("1 rule fits nothing:\n  $.tokn type  (r.yaml:4)\n"), "\(files)")

        let wrong = try await replay(
            folder, "--rule", "$.token regex ^[0-9]{3}$", "--rule", "$.text ignore")
        #expect(wrong.exit == .status(1), "\(wrong)")
        #expect(wrong.output.contains("✗ $.token  (regex ^[0-9]{3}$)\n"), "\(wrong)")
    }

    @Test("of a recording's header are listed, and can be left out")
    func header() async throws {
        let rules = #"[{"path":"$.token","type":true},{"path":"$.text","ignore":true}]"#
        let folder = try folder(headerRules: rules)
        let passed = try await replay(folder)
        #expect(passed.exit == .status(0), "\(passed)")
        #expect(passed.output.contains("        $.token type\n        $.text ignore\n"), "\(passed)")
        let without = try await replay(folder, "--ignore-header-rules")
        #expect(without.exit == .status(1), "\(without)")
        #expect(!without.output.contains("$.token type"), "\(without)")
    }

    @Test("that are wrong end with the status of what cannot be done, and with their place")
    func wrong() async throws {
        let header = try await replay(folder(headerRules: #"[{"path":"$.token","tpe":true}]"#))
        #expect(header.exit == .status(2), "\(header)")
        #expect(
            header.output.contains("line 1: rule 1 of the header: unknown \"tpe\" in a rule: did you mean \"type\"?"))
        let project = try await replay(folder(project: "rules:\n  - path: $.token\n    tpe: true\n"))
        #expect(project.exit == .status(2), "\(project)")
        #expect(project.complaints.contains("tapedeck.yaml:5: unknown \"tpe\""), "\(project)")
        let option = try await replay(folder(), "--rule", "$.token tpe")
        #expect(option.exit == .status(64), "\(option)")
        #expect(option.complaints.contains("did you mean \"type\"?"), "\(option)")
        let bytes = try await replay(folder(), "--rule", "$.token type", "--strict-bytes")
        #expect(bytes.exit == .status(64), "\(bytes)")
    }

    @Test("in a header that are made to hang end as a difference")
    func hostile() async throws {
        let text = String(repeating: "a", count: 40)
        let folder = try folder(
            headerRules: #"[{"path":"$..text","mask":"^(a+)+[bc]"},{"path":"$.token","type":true}]"#)
        let recording = try #require(folder.text("a.tape.jsonl"))
        try folder.write(recording.replacingOccurrences(of: "asked at", with: text), to: "a.tape.jsonl")
        let run = try await replay(folder)
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("takes too long on this value"), "\(run)")
    }
}
