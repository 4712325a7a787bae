import Recorder
import Testing

@Suite("Styles of a terminal")
struct TerminalStyleTests {
    @Test("are escape sequences that end with the text, and nothing where no colours are used")
    func styles() {
        let (plain, coloured) = (TerminalStyle(usesColour: false), TerminalStyle(usesColour: true))
        #expect(plain("text", .red, .bold) == "text")
        #expect(coloured("text", .red, .bold) == "\u{1B}[31;1mtext\u{1B}[0m")
        #expect(coloured("", .red).isEmpty)
    }

    @Test("of counts: one has no s", arguments: [(0, "0 gaps"), (1, "1 gap"), (2, "2 gaps")])
    func counts(count: Int, text: String) { #expect(count.counting("gap") == text) }
}
