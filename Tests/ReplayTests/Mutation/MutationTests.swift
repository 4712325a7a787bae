import Foundation
import TestSupport
import Testing

@testable import Replay

@Suite("A replay tells every wrong server from the right one")
struct MutationTests {
    /// Recordings of real programs, and made ones of what those do not say.
    enum Recording: String, CaseIterable {
        case lines = "../captures/json/lines.tape.jsonl"
        case lab = "../captures/pickle/lab.tape.jsonl"
        case twoClients = "../captures/pickle/two-clients.tape.jsonl"
        case chat = "../captures/pickle/chat/chat.tape.jsonl"
        case framed = "../captures/raw/framed.tape.jsonl"
        case records = "ReplayTests/Fixtures/records.tape.jsonl"
        case pushes = "ReplayTests/Fixtures/pushes.tape.jsonl"
        case messagePack = "ReplayTests/Fixtures/msgpack.tape.jsonl"
        case menu = "ReplayTests/Fixtures/menu.tape.jsonl"
        case chunks = "ReplayTests/Fixtures/chunks.tape.jsonl"
        case objects = "ReplayTests/Fixtures/objects.tape.jsonl"

        func proof(_ identifiers: [String: String] = [:]) throws -> MutationProof {
            try MutationProof(path: Fixtures.url(rawValue).path, identifiers: identifiers)
        }
    }

    @Test("the right one passes, whatever ports its clients have", arguments: Recording.allCases)
    func right(recording: Recording) throws {
        let problems = try recording.proof().rightServerFails()
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test("one wrong value anywhere is a difference there", arguments: Recording.allCases)
    func values(recording: Recording) throws {
        let (problems, mutants) = try recording.proof().wrongValuesPass()
        #expect(problems.isEmpty, "\(problems.count) of \(mutants)\n\(problems.prefix(20).joined(separator: "\n"))")
        #expect(mutants >= 20)
    }

    @Test(
        "a message missing, twice, swapped, new, astray, and every other end is a difference",
        arguments: Recording.allCases)
    func messages(recording: Recording) throws {
        let (problems, mutants) = try recording.proof().wrongMessagesPass()
        #expect(problems.isEmpty, "\(problems.count) of \(mutants)\n\(problems.prefix(20).joined(separator: "\n"))")
        #expect(mutants >= 8)
    }

    @Test("an identifier must be the right one in every place", arguments: Recording.allCases)
    func identifiers(recording: Recording) throws {
        let proof = try recording.proof()
        for actual in proof.server.identifiers.values {
            for other in ["4242", "99999"] {
                let problems = try proof.inconsistentIdentifiersPass([actual: other])
                #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
            }
        }
        let recorded = Dictionary(uniqueKeysWithValues: proof.server.identifiers.map { ($0.value, $0.key) })
        let problems = try proof.inconsistentIdentifiersPass(recorded)
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }
}
