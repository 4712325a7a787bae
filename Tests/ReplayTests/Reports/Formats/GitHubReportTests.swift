import Testing

@testable import Replay

@Suite("The report for GitHub")
struct GitHubReportTests {
    @Test("annotates the recording's line, and escapes what ends a command, a property or a line")
    func annotations() {
        var report = SampleReport.report(["x"])
        report.recordings = [report.recordings[1]]
        report.recordings[0].path = "a,b:c%.tape.jsonl"
        report.recordings[0].attempts[1].differences.removeLast(3)
        report.recordings[0].attempts[1].moreDifferences = 9
        #expect(
            GitHubReport.text(of: report) == """
                ::error file=a%2Cb%3Ac%25.tape.jsonl,line=6,title=a%2Cb%3Ac%25.tape.jsonl%3A the server's answer \
                differs::session 1%0A$.a: x is now 2%0A$.x: nothing is now x
                ::error file=a%2Cb%3Ac%25.tape.jsonl,line=8,title=a%2Cb%3Ac%25.tape.jsonl%3A an answer is \
                missing%3A x::session 1%0A- x
                ::error file=a%2Cb%3Ac%25.tape.jsonl,title=a%2Cb%3Ac%25.tape.jsonl%3A more::1 more difference

                """)
    }

    @Test("a hostile text is no command of its own")
    func hostile() {
        let lines = GitHubReport.text(of: SampleReport.report()).split(separator: "\n")
        #expect(lines.count == 8)
        #expect(lines.allSatisfy { $0.hasPrefix("::error file=") || $0.hasPrefix("::warning file=") })
        #expect(!lines.joined().contains { $0.isNewline || $0 == "\u{1B}" || $0 == "\u{0}" })
    }

    @Test("the summary's fences hold, and it stays below what GitHub takes")
    func summary() throws {
        let text = try #require(GitHubReport.appendix(to: SampleReport.report())).text
        #expect(
            text.hasPrefix(
                "### tapedeck replay: 1 passed, 1 failed, 1 could not be done, 1 flaky, 1 updated, 1 not run"))
        #expect(!text.contains("<script>document.title='x'</script></code>"))
        #expect(text.contains("`````text\n"), "longer than the fence in the text")
        var long = SampleReport.report(["x"])
        long.recordings[1].attempts[1].text = String(repeating: "y", count: 300 << 10)
        long.recordings = Array(repeating: long.recordings[1], count: 9)
        let cut = try #require(GitHubReport.appendix(to: long)).text
        #expect(cut.utf8.count < 1 << 20)
        #expect(cut.contains("… and 7 more recordings"))
    }
}
