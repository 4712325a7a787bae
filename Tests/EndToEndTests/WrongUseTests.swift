import Foundation
import TestSupport
import Testing

@Suite("What is used wrongly, from outside")
struct WrongUseTests {
    /// A way to use it wrongly, and what is said of it.
    struct Case: Sendable {
        /// What stands behind `tapedeck` in a shell; TAKEN is a port where somebody listens, FREE one where nobody does.
        var words: String
        var status: Int32
        /// What must be said, in one or two lines.
        var said: [String]

        init(_ words: String, _ status: Int32, _ said: String...) {
            self.words = words
            self.status = status
            self.said = said
        }
    }

    /// A list of cases that run one after another, beside other lists.
    struct Table: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var cases: [Case]
    }

    @Test("is told of in a line or two: what, where, what next", arguments: WrongUse.tables)
    func told(_ table: Table) async throws {
        let places = try await WrongUsePlaces.shared()
        for example in table.cases { try await check(example, places) }
    }

    @Test(
        "is told of where the system refuses a user",
        .enabled(if: getuid() != 0, "root may read and listen everywhere"),
        arguments: [
            Case("serve --listen 1:json", 2, "this user may not listen there", "choose a higher one"),
            Case("show unreadable.tape.jsonl", 2, "unreadable.tape.jsonl: cannot open: Permission denied"),
        ])
    func refused(_ example: Case) async throws { try await check(example, try await WrongUsePlaces.shared()) }

    private func check(_ example: Case, _ places: WrongUsePlaces) async throws {
        let words = places.filled(example.words)
        let run = try await BuiltBinary.shell("tapedeck \(words)", in: places.folder.path)
        #expect(run.exit == .status(example.status), "tapedeck \(words)\n\(run)")
        // The report of a replay is its result, also where it could not be done.
        let isReport = run.output.hasPrefix("ERROR  ")
        let text = isReport ? run.output : run.complaints
        for part in example.said {
            #expect(text.contains(places.filled(part)), "tapedeck \(words): \(part)\n\(run)")
        }
        let most = isReport ? 6 : 2
        #expect(text.split(separator: "\n").count <= most, "tapedeck \(words)\n\(run)")
        for token in Self.unsaid { #expect(!text.contains(token), "tapedeck \(words): \(token)\n\(run)") }
        // `SomeError(code: …)`, `Module.Type.case`
        let typeName = /\b[A-Z][a-z]+[A-Z][A-Za-z]+[(.][a-z_]/
        #expect(!text.contains(typeName), "tapedeck \(words)\n\(run)")
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" }, "tapedeck \(words)\n\(run)")
    }

    /// What only a programmer would understand.
    private static let unsaid = [
        "Error:", "Fatal", "Optional(", "errno", "NIO", ".swift", "Stack dump", "nil", PythonProgram.root,
    ]
}
