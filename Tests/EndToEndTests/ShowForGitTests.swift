import Foundation
import TestSupport
import Testing

@Suite("Recordings in git")
struct ShowForGitTests {
    /// A repository whose recordings git shows as conversations, as the README says.
    private struct Repository {
        let folder: ScratchFolder

        init() async throws {
            folder = try ScratchFolder()
            try folder.write("*.tape.jsonl diff=tapedeck\n*.tape.jsonl.zst diff=tapedeck\n", to: ".gitattributes")
            _ = try await git("init", "-q")
            _ = try await git("config", "user.email", "a@b")
            _ = try await git("config", "user.name", "a")
            _ = try await git("config", "diff.tapedeck.textconv", "'\(BuiltBinary.path)' show --textconv")
        }

        func git(_ arguments: String...) async throws -> String {
            let run = try RunningProgram(
                "git", arguments, in: folder.path,
                environment: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_PAGER": "cat"])
            #expect(try await run.exit() == .status(0), "\(run.complaints)")
            #expect(run.complaints.isEmpty, "\(run.complaints)")
            return run.output
        }

        func commit(_ text: String) async throws {
            try folder.write(text, to: "shop.tape.jsonl")
            _ = try await git("add", ".")
            _ = try await git("commit", "-q", "-m", "a change")
        }

        /// The lines that a diff takes away and adds.
        func changes(_ arguments: String...) async throws -> [String] {
            let diff = try await arguments == ["log"] ? git("log", "-p", "-1") : git("diff")
            return diff.split(separator: "\n").map(String.init)
                .filter { ($0.hasPrefix("-") || $0.hasPrefix("+")) && !$0.hasPrefix("---") && !$0.hasPrefix("+++") }
        }
    }

    private static func recording() throws -> String {
        try String(contentsOfFile: PythonProgram.root + "/Examples/failing/shop.tape.jsonl", encoding: .utf8)
    }

    @Test("git diff and git log -p show what was said otherwise, and nothing else")
    func changedValue() async throws {
        let repository = try await Repository()
        try await repository.commit(Self.recording())
        try repository.folder.write(
            Self.recording().replacingOccurrences(of: "44.82", with: "49.80"), to: "shop.tape.jsonl")
        let expected = [
            #"-#1   ← {"order": 2, "invoice": {"pieces": 10, "total": 44.82, "currency": "EUR"}}"#,
            #"+#1   ← {"order": 2, "invoice": {"pieces": 10, "total": 49.80, "currency": "EUR"}}"#,
        ]
        #expect(try await repository.changes() == expected)
        try await repository.commit(Self.recording().replacingOccurrences(of: "44.82", with: "49.80"))
        #expect(try await repository.changes("log") == expected)
    }

    @Test("another recording of the same conversation differs in nothing")
    func recordedAgain() async throws {
        let repository = try await Repository()
        try await repository.commit(Self.recording())
        let again = try Self.recording()
            .replacing(/"t":[0-9.]+/, with: "\"t\":7.5").replacing(/"created":"[^"]*"/, with: "\"created\":\"now\"")
            .replacing(/"peer":"[^"]*"/, with: "\"peer\":\"127.0.0.1:9\"")
            .replacing(/"via":"[^"]*"/, with: "\"via\":\"127.0.0.1:8\"")
        #expect(try again != Self.recording())
        try repository.folder.write(again, to: "shop.tape.jsonl")
        #expect(try await repository.changes().isEmpty)
    }

    @Test("a long value is compared to its end")
    func longValue() async throws {
        let repository = try await Repository()
        let long = String(repeating: "pen ", count: 2_000)
        try await repository.commit(Self.recording().replacingOccurrences(of: "EUR", with: long + "1"))
        try repository.folder.write(
            Self.recording().replacingOccurrences(of: "EUR", with: long + "2"), to: "shop.tape.jsonl")
        // Three answers.
        #expect(try await repository.changes().count == 6)
    }

    @Test(
        "what is damaged, torn, empty or none at all is shown as well as it goes",
        arguments: ["torn", "damaged", "header", "empty", "conflict", "newer", "hostile"])
    func flawed(kind: String) async throws {
        let repository = try await Repository()
        try await repository.commit(Self.recording())
        var lines = try Self.recording().components(separatedBy: "\n")
        let (text, word): (String, String) =
            switch kind {
            case "torn": (String(try Self.recording().dropLast(7)), "+     line \(lines.count - 1): torn: ")
            case "damaged":
                {
                    lines[2] = String(lines[2].dropLast(5))
                    return (lines.joined(separator: "\n"), "+     line 3: damaged at byte ")
                }()
            case "header":
                ("{\"tape\n" + lines.dropFirst().joined(separator: "\n"), "+     line 1: the header is damaged")
            case "empty": ("", "+     is empty: no recording was ever begun here")
            case "conflict": ("<<<<<<< ours\n" + lines.joined(separator: "\n"), "+     line 1: the header is damaged")
            case "newer":
                (
                    try Self.recording().replacingOccurrences(of: "\"tapedeck\":1", with: "\"tapedeck\":9"),
                    "has format 9"
                )
            default: ("version https://git-lfs\u{1B}[2J\n", "+version https://git-lfs\\u001b[2J")
            }
        try repository.folder.write(text, to: "shop.tape.jsonl")
        let diff = try await repository.git("diff")
        #expect(diff.contains(word), "\(diff)")
        #expect(!diff.contains("\u{1B}"))
        try await repository.commit(text)
        #expect(try await repository.git("log", "-p").contains(word))
    }

    @Test(
        "a compressed one is compared like any other",
        .enabled(if: ZstandardTool.isInstalled, "the zstd tool is not installed"))
    func compressed() async throws {
        let repository = try await Repository()
        let pack = { (text: String) in
            let plain = try repository.folder.write(text, to: "plain")
            let path = repository.folder.path("a.tape.jsonl.zst")
            #expect(try ShortProgram.run("zstd", ["-qf", plain, "-o", path]).status == 0)
        }
        try pack(Self.recording())
        try await repository.commit(Self.recording())
        try pack(Self.recording().replacingOccurrences(of: "44.82", with: "49.80"))
        #expect(try await repository.git("diff", "a.tape.jsonl.zst").contains("+#1   ← {\"order\": 2,"))
    }

    @Test("--textconv of a folder gives what is no recording as it is, and the others behind it")
    func folder() async throws {
        let folder = try ScratchFolder()
        try folder.write("Dear reader,\n", to: "a.tape.jsonl")
        try folder.write(Self.recording(), to: "b.tape.jsonl")
        let shown = try await BuiltBinary.run("show", "--textconv", folder.path)
        #expect(shown.exit == .status(0), "\(shown)")
        #expect(shown.output.contains("is no recording") && shown.output.contains("Dear reader,\n"), "\(shown)")
        let alone = try await BuiltBinary.run("show", "--textconv", folder.path("b.tape.jsonl"))
        #expect(shown.output.hasSuffix(alone.output) && !alone.output.isEmpty)
    }
}
