import Foundation
import TestSupport
import Testing

@Suite("The commands decode, encode and scan, as a shell runs them")
struct CodecCommandTests {
    /// What a run of the shell printed on stdout and stderr, and its status.
    private static func shell(_ command: String, in folder: ScratchFolder) throws -> (output: String, status: Int32?) {
        let script = "cd \"$1\"; tapedeck() { \"$0\" \"$@\"; }; { \(command); } 2>&1"
        let run = try ShortProgram.run("sh", ["-c", script, BuiltBinary.path, folder.path])
        return (String(decoding: run.output, as: UTF8.self), run.status)
    }

    @Test(
        "give each line before the next message is there",
        arguments: [
            ["decode", "pickle", "pickle.dumps({'a': n})"], ["decode", "json", "b'{\"a\":%d}\\n' % n"],
            ["decode", "json/concat", "b'{\"a\":%d}' % n"], ["decode", "msgpack", "b'\\x81\\xa1a' + bytes([n])"],
            ["decode", "raw/u32be", "b'\\0\\0\\0\\2a' + bytes([65 + n])"],
            ["encode", "pickle", "b'{\"a\":%d}\\n' % n"],
            ["encode", "raw/u32be", "b'{\"text\":\"a%d\"}\\n' % n"],
        ])
    func interactive(words: [String]) throws {
        let script = """
            import pickle, select, subprocess, sys
            program = subprocess.Popen([sys.argv[1], '\(words[0])', '--codec', '\(words[1])', '--stream'],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            for n in range(3):
                program.stdin.write(\(words[2]))
                if not select.select([program.stdout], [], [], 30)[0]: sys.exit('nothing after message %d' % n)
                print(len(program.stdout.read(65536)) > 0)
            program.stdin.close()
            print(program.wait(30))
            """
        let run = try ShortProgram.run("python3", ["-c", script, BuiltBinary.path])
        #expect(String(decoding: run.output, as: UTF8.self) == "True\nTrue\nTrue\n0\n")
    }

    @Test(
        "end with 2 and the offset on bad input, and print what was good before",
        arguments: [
            ["printf 'N.K' | tapedeck decode --codec pickle --stream", "null\n", "byte 3:"],
            ["printf 'N.\\377' | tapedeck decode --codec pickle --stream", "null\n", "byte 2:"],
            ["printf '[1]\\n{bad\\n' | tapedeck decode --codec json --stream", "[1]\n", "byte 5:"],
            ["printf '[][]' | tapedeck decode --codec json/concat", "", "byte 2: a second message"],
            ["printf '' | tapedeck decode --codec pickle", "", "byte 0: there is no message"],
            ["printf '[1,2' | tapedeck encode --codec pickle", "", "byte 4:"],
            ["printf '\"a\"\\n{\"$no\":1}\\n' | tapedeck encode --codec msgpack --stream", "\u{A1}a", "byte 4:"],
            ["printf '' | tapedeck encode --codec json", "", "byte 0: there is no message"],
            ["printf '[1,2,3]' | tapedeck decode --codec json --max-elements 3", "", "3 values"],
            ["printf '[1,2,3]' | tapedeck decode --codec json --max-expanded 6", "", "limit of 6 bytes"],
            ["printf 'NN0.' | tapedeck decode --codec pickle --max-opcodes 3", "", "3 opcodes"],
            ["printf ']\\224\\224.' | tapedeck decode --codec pickle --max-memo 1", "", "1 entries"],
        ])
    func badInput(words: [String]) throws {
        let folder = try ScratchFolder()
        let run = try Self.shell("\(words[0]) >good; status=$?; cat good; exit $status", in: folder)
        #expect(run.status == 2)
        #expect(run.output.contains(words[2]), "\(run.output)")
        let good = try Data(contentsOf: URL(fileURLWithPath: folder.path("good")))
        #expect(Array(good) == Array(words[1].unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
    }

    @Test("write every protocol, and refuse one where there is none")
    func protocols() throws {
        let folder = try ScratchFolder()
        for version in 0...5 {
            let run = try Self.shell(
                "echo '[1,{\"a\":null}]' | tapedeck encode --codec pickle --protocol \(version) >p; "
                    + "python3 -c \"import pickle; d = open('p', 'rb').read(); "
                    + "print(pickle.loads(d), d == pickle.dumps([1, {'a': None}], \(version)))\"", in: folder)
            #expect(run.output == "[1, {'a': None}] True\n", "\(run.output)")
        }
        let run = try Self.shell("echo '[1]' | tapedeck encode --codec json --protocol 2", in: folder)
        #expect(run.status == 64)
        #expect(run.output.contains("--protocol"))
    }

    private static let header =
        #"{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:9","codec":"CODEC"}]}"#

    /// A recording of a call of `os.system`, whose frame comes in two pieces where it is raw bytes.
    private static func recording(codec: String) -> String {
        let open = #"{"t":0.0,"s":1,"open":{"port":9,"peer":"127.0.0.1:5"}}"#
        let pickle = Data("cos\nsystem\n(S'id'\ntR.".utf8)
        let pieces = codec == "pickle" ? [pickle] : [pickle.prefix(7), pickle.dropFirst(7)]
        let messages = pieces.map { #"{"t":0.1,"s":1,"from":"client","base64":"\#(Data($0).base64EncodedString())"}"# }
        return ([header.replacing("CODEC", with: codec), open] + messages + [#"{"t":0.2,"end":{}}"#, ""])
            .joined(separator: "\n")
    }

    @Test(
        "tell of what a pickle would import: status 0 for plain data, 1 for more, 2 where nothing was scanned",
        arguments: [
            ["scan plain.pkl", "0", "allowed: 0 dangerous"], ["scan evil.pkl", "1", "os:system"],
            ["scan evil.pkl --allow os:system", "0", "allowed by the user"],
            ["scan - <evil.pkl", "1", "stdin: dangerous"],
            ["scan evil.pkl --format json", "1", #""summary":"dangerous""#],
            ["scan missing.pkl", "2", "missing.pkl"], ["scan evil.pkl --codec auto", "2", "is no recording"],
            ["scan pickle.tape.jsonl", "1", "line 3"], ["scan raw.tape.jsonl", "2", "none of its ports speaks pickle"],
            ["scan raw.tape.jsonl --codec auto", "1", "line 4"],
            ["scan raw.tape.jsonl --codec pickle", "1", "os:system"],
            ["scan raw.tape.jsonl --codec json", "2", "none of its ports is read as pickle"],
            ["scan raw.tape.jsonl --codec pickel", "64", "pickel"],
            ["scan cut.tape.jsonl --codec pickle", "1", "os:system"],
        ])
    func scans(words: [String]) throws {
        let folder = try ScratchFolder()
        try folder.write("(lp0\nI1\na.", to: "plain.pkl")
        try folder.write("cos\nsystem\n(S'id'\ntR.", to: "evil.pkl")
        try folder.write(Self.recording(codec: "pickle"), to: "pickle.tape.jsonl")
        let raw = Self.recording(codec: "raw/chunks")
        try folder.write(raw, to: "raw.tape.jsonl")
        // Without the last bytes, and without an end: what is left over is scanned too.
        let cut = Data("cos\nsystem\n(S'id'\ntR".utf8).base64EncodedString()
        let lines = raw.split(separator: "\n").prefix(2) + [#"{"t":0.1,"s":1,"from":"server","base64":"\#(cut)"}"#, ""]
        try folder.write(lines.joined(separator: "\n"), to: "cut.tape.jsonl")
        let run = try Self.shell("tapedeck \(words[0])", in: folder)
        #expect(run.status.map(String.init) == words[1], "\(run.output)")
        #expect(run.output.contains(words[2]), "\(run.output)")
    }
}
