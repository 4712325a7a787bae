import Foundation
import TestSupport
import Testing

@Suite("README")
struct ReadmeTests {
    private static let page = (try? Fixtures.bytes("../README.md")).map { String(decoding: $0, as: UTF8.self) } ?? ""

    @Test("shows walks that do what it says, one after another in a fresh folder")
    func walks() async throws {
        let steps = ReadmeWalks.steps(in: Self.page, under: "## Three short walks")
        #expect(steps.count > 12, "the section is not there, or not read: \(steps)")
        let reader = try ReadmeReader()
        for step in steps { try await reader.take(step) }
        try await reader.take(.interrupt)
    }

    @Test("is read as steps: commands with what they show, files, and Ctrl-C")
    func reading() {
        let page = """
            ## Before
            ```
            $ no
            ```
            ## Walks

            Say it, and Ctrl-C ends it:

            ```
            $ tapedeck show a | cat     # a comment
            one

            two
            $ true
            ```

                tapedeck is not run

            ```yaml
            # a/tapedeck.yaml
            replay: {}
            ```
            ### Deeper
            ```
            $ last
            ```
            ## After
            """
        #expect(
            ReadmeWalks.steps(in: page, under: "## Walks") == [
                .interrupt, .run("tapedeck show a | cat     # a comment", shows: ["one", "", "two"]),
                .run("true", shows: []), .write("a/tapedeck.yaml", text: "# a/tapedeck.yaml\nreplay: {}\n"),
                .run("last", shows: []),
            ])
    }

    @Test(
        "is compared with what is printed, but for times and ports",
        arguments: [
            (["a", "b"], "a\nb\n", true), (["a", "b"], "a\nc\n", false), (["a"], "a\nb\n", false),
            (["a", "b"], "a\n", false),
            (["a", "…"], "a\nb\nc\n", true), (["…", "c"], "a\nb\nc\n", true), (["…", "b"], "a\nb\nc\n", false),
            (["a…"], "abc\n", true), (["a…"], "bc\n", false), (["b…"], "a\n", false),
            (["  0.123456  #1  x"], "  1.654321  #1  x\n", true), (["  0.123456  #1  x"], "  1.654321  #2  x\n", false),
            (["at 12000"], "at 45678\n", true), (["12 s, 3 of them"], "0.5 s, 4 of them\n", false),
        ] as [([String], String, Bool)])
    func comparing(shown: [String], printed: String, isShown: Bool) {
        #expect(ReadmeWalks.shows(shown, printed) == isShown)
    }
}
