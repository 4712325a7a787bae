import Codecs
import Foundation
import Recorder
import TestSupport
import Testing

@testable import Replay

@Suite("The conversation in a report")
struct ConversationReadingTests {
    /// A recording of so many messages; message N stands in line N + 2.
    private func recording(_ count: Int, text: String = "x") throws -> (folder: ScratchFolder, path: String) {
        let folder = try ScratchFolder()
        var lines = [
            #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#,
            #"{"t":0.5,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#,
        ]
        for number in 1...count {
            let side = number % 2 == 1 ? "client" : "server"
            lines.append(#"{"t":1.0,"s":1,"from":"\#(side)","value":"\#(text)\#(number)"}"#)
        }
        lines += [#"{"t":2,"s":1,"eof":"client"}"#, #"{"t":2,"end":{"sessions":1,"messages":\#(count)}}"#]
        return (folder, try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl"))
    }

    private func findings(_ differences: [Difference], lines: Int) -> ReplayFindings {
        var findings = ReplayFindings()
        findings.differences = differences
        var kept = KeptConversation()
        for line in 2..<max(lines, 2) { kept.note(line: line, at: Int64(line) * 10) }
        findings.conversation = kept
        return findings
    }

    private func difference(_ kind: Difference.Kind, line: Int) -> Difference {
        Difference(kind, session: 1, line: line, time: 0)
    }

    private func texts(_ entries: [ConversationEntry]) -> [String] {
        entries.map { $0.kind == .omitted ? "(\($0.count))" : $0.text }
    }

    @Test("has times of both, what came instead, and what was not got to")
    func whole() throws {
        let (folder, path) = try recording(6)
        defer { withExtendedLifetime(folder) {} }
        var value = findings(
            [difference(.value([]), line: 4), difference(.missing(expected: message("\"x4\""), reason: ""), line: 6)],
            lines: 5)
        value.conversation?.note(line: 4, message("\"y\""), recorded: message("\"x2\""))
        let entries = ConversationReading.entries(ofRecordingAt: path, value)
        #expect(entries.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9])
        #expect(entries[0].text == "connected  127.0.0.1:50001 to port 7000 (json/lines)")
        #expect(entries.map(\.at) == [20, 30, 40, nil, nil, nil, nil, nil])
        #expect(
            entries.map(\.state) == [
                .same, .same, .differs, .notReached, .missing, .notReached, .notReached, .notReached,
            ])
        #expect(entries.map(\.difference) == [nil, nil, 0, nil, 1, nil, nil, nil])
        #expect(entries[2].actual == "\"y\"" && entries[2].text == "\"x2\"")
        #expect(entries[1].recordedAt == 1_000_000 && entries[1].from == .client)
    }

    @Test("has the beginning and what is around differences, and counts the rest")
    func bounded() throws {
        let (folder, path) = try recording(1_000)
        defer { withExtendedLifetime(folder) {} }
        let passed = ConversationReading.entries(ofRecordingAt: path, findings([], lines: 2_000))
        #expect(texts(passed).suffix(3) == ["\"x98\"", "\"x99\"", "(902)"])
        let failed = ConversationReading.entries(
            ofRecordingAt: path, findings([difference(.value([]), line: 702)], lines: 2_000))
        // The opening and 199 messages, then those around message 700.
        #expect(texts(failed)[198...202] == ["\"x198\"", "\"x199\"", "(480)", "\"x680\"", "\"x681\""])
        #expect(texts(failed).suffix(3) == ["\"x709\"", "\"x710\"", "(291)"])
        #expect(failed.count == 200 + 1 + 31 + 1)
    }

    @Test("shows a message that was not recorded behind what was said before it")
    func extra() throws {
        let (folder, path) = try recording(2)
        defer { withExtendedLifetime(folder) {} }
        var extra = difference(.extra(actual: message("\"new\"")), line: 4)
        extra.foundAt = 77
        let entries = ConversationReading.entries(ofRecordingAt: path, findings([extra], lines: 10))
        #expect(entries[3].state == .extra && entries[3].actual == "\"new\"" && entries[3].at == 77)
        #expect(entries[2].state == .same && entries[2].difference == nil)
    }

    @Test("cuts long texts at a character, and says how long they are")
    func long() throws {
        let (folder, path) = try recording(1, text: String(repeating: "é", count: 5_000))
        defer { withExtendedLifetime(folder) {} }
        let passed = ConversationReading.entries(ofRecordingAt: path, findings([], lines: 10))
        #expect(passed[1].text.hasSuffix("é… (10003 bytes)") && passed[1].text.utf8.count < 600)
        let failed = ConversationReading.entries(
            ofRecordingAt: path, findings([difference(.value([]), line: 9)], lines: 10))
        #expect(failed[1].text.hasSuffix("é… (10003 bytes)") && failed[1].text.utf8.count < 2_100)
    }

    @Test("is none where it was not kept")
    func none() throws {
        let (folder, path) = try recording(1)
        defer { withExtendedLifetime(folder) {} }
        #expect(ConversationReading.entries(ofRecordingAt: path, ReplayFindings()).isEmpty)
        #expect(ConversationReading.entries(ofRecordingAt: path + "x", findings([], lines: 2)).isEmpty)
    }

    private func message(_ text: String) -> RecordedMessage {
        RecordedMessage(from: .server, form: .value, text: Array(text.utf8))
    }
}
