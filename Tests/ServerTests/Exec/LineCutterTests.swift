import Testing

@testable import Server

@Suite("The lines of a child's output")
struct LineCutterTests {
    private enum Found: Equatable {
        case line(String)
        case tooLong(Int)
    }

    private static func found(_ line: LineCutter.Line) -> Found {
        switch line {
        case .whole(let bytes): .line(String(decoding: bytes, as: UTF8.self))
        case .tooLong(let count): .tooLong(count)
        }
    }

    private static func lines(_ pieces: [[UInt8]], maximum: Int) -> [Found] {
        var cutter = LineCutter(maximumBytes: maximum)
        var lines: [Found] = []
        for piece in pieces { piece.withUnsafeBytes { cutter.cut($0) { lines.append(found($0)) } } }
        cutter.finish { lines.append(found($0)) }
        return lines
    }

    @Test("are the same in any cut of its bytes", arguments: 1...16)
    func anyCut(size: Int) {
        let text = Array("one\n\ntwo two\nthree, and this one is too long\nfour\nlast".utf8)
        let pieces = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
        let expected: [Found] = [
            .line("one"), .line(""), .line("two two"), .tooLong(31), .line("four"), .line("last"),
        ]
        #expect(Self.lines(pieces, maximum: 10) == expected)
    }

    @Test("have a limit, and one of that very length is a line", arguments: [(9, true), (10, true), (11, false)])
    func limit(count: Int, isLine: Bool) {
        let text = [UInt8](repeating: 97, count: count)
        let expected: Found = isLine ? .line(String(repeating: "a", count: count)) : .tooLong(count)
        #expect(Self.lines([text, [10]], maximum: 10) == [expected])
        #expect(Self.lines([text + [10]], maximum: 10) == [expected])
        #expect(Self.lines([text], maximum: 10) == [expected])
    }

    @Test("nothing is no line")
    func nothing() {
        #expect(Self.lines([], maximum: 10) == [])
        #expect(Self.lines([[10]], maximum: 10) == [.line("")])
    }
}
