import Foundation
import Testing

@testable import CLI

@Suite("What show prints") struct ShowTextTests {
    @Test("fits a screen as long as a row is left for the prompt")
    func room() {
        func isLeft(_ text: String) -> Bool {
            var room = ScreenRoom(rows: 4, columns: 10)
            room.take(Array(text.utf8))
            return room.isLeft
        }
        #expect(isLeft("a\nb\nc\n"))
        #expect(!isLeft("a\nb\nc\nd\n"))
        #expect(isLeft("1234567890\nb\nc\n"))
        #expect(!isLeft("1234567890\n1234567890+\nc\n"))
        #expect(isLeft("\u{1B}[31m→234567890\u{1B}[0m\nb\nc\n"))
    }

    @Test("as JSON is the same JSON without anything that moves a terminal")
    func safeJSON() throws {
        let text = "{\"a\\\\\":\t\"\u{9B}31m\u{202E}\\\"\u{7F}\u{E0001}é\u{1F600}\",\"b\":1}\n"
        let safe = SafeJSON.text(Array(text.utf8))
        let shown = String(decoding: safe, as: UTF8.self)
        #expect(shown == "{\"a\\\\\": \"\\u009b31m\\u202e\\\"\\u007f\\udb40\\udc01é\u{1F600}\",\"b\":1}\n")
        let before = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
        #expect(try JSONSerialization.jsonObject(with: Data(safe)) as? NSDictionary == before)
        #expect(SafeJSON.text(Array("{\"a\":1}\n".utf8)) == Array("{\"a\":1}\n".utf8))
    }
}
