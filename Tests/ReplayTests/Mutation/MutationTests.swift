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

    /// Recordings of a server that makes up identifiers, and others of their kind that it may make up as well.
    private static let rooms = ["json", "pickle"].map { "../captures/\($0)/rooms/rooms.tape.jsonl" }

    private static func roomsProof(_ path: String) throws -> (proof: MutationProof, others: [String: String]) {
        let path = Fixtures.url(path).path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var others: [String: String] = [:]
        for pattern in [
            #""room": ?(\d+)"#, #""key": ?"([0-9a-f-]{36})", ?"menu"#, #""token": ?"([^"]+)""#,
            #""ticket": ?"([^"]+)""#,
        ] {
            for match in text.matches(of: try Regex(pattern)) {
                let recorded = String(try #require(match.output[1].substring))
                others[recorded] = String(
                    recorded.map { character in
                        if let digit = character.wholeNumberValue {
                            Character(String(9 - digit % 9))
                        } else {
                            character
                        }
                    })
            }
        }
        return (try MutationProof(path: path, identifiers: others), others)
    }

    @Test("what a right one makes up anew may differ, and clients send it", arguments: rooms)
    func rightIdentifiers(path: String) throws {
        let (proof, others) = try Self.roomsProof(path)
        #expect(others.count == 5)
        let problems = try proof.rightServerFails()
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test("any other wrong value of one that makes up identifiers is a difference", arguments: rooms)
    func wrongAmongIdentifiers(path: String) throws {
        let (proof, others) = try Self.roomsProof(path)
        let (problems, mutants) = try proof.wrongValuesPass()
        #expect(mutants > 40)
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
        // The room's number is what the server itself says again.
        let room = try #require(others.values.first { $0.count == 5 })
        let inconsistent = try proof.inconsistentIdentifiersPass([room: String(room.reversed())])
        #expect(inconsistent.isEmpty, "\(inconsistent.joined(separator: "\n"))")
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
