import TestSupport
import Testing

@testable import Recorder

@Suite("TCP put together, whatever happened to its segments")
struct ReassemblyPropertyTests {
    /// A segment of the client: where it begins, and what it carries.
    private struct Cut {
        var start: Int
        var bytes: [UInt8]
    }

    private static func cuts(of bytes: [UInt8], _ random: inout SeededGenerator) -> [Cut] {
        var cuts: [Cut] = []
        var start = 0
        while start < bytes.count {
            let count = min(Int.random(in: 1...random.pick([1, 3, 50, 700]), using: &random), bytes.count - start)
            cuts.append(Cut(start: start, bytes: Array(bytes[start..<start + count])))
            start += count
        }
        return cuts
    }

    /// Bytes with a gap's bytes taken from what was sent.
    private static func filled(_ pieces: [CaptureFixture.Piece], from sent: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): found += bytes
            case .gap(let count): found += sent[min(found.count, sent.count)..<min(found.count + count, sent.count)]
            }
        }
        return found
    }

    @Test("any cut, order and repetition of all segments gives the same bytes", arguments: 0..<60)
    func orders(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let sent = (0..<Int.random(in: 1...4_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        var script = TCPScript()
        // Numbers wrap around in some of them.
        script.first.client = seed % 3 == 0 ? UInt32(0) &- UInt32(sent.count / 2) : 77_000
        script.open()
        var cuts = Self.cuts(of: sent, &random)
        // What is sent again is cut otherwise.
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let start = Int.random(in: 0..<sent.count, using: &random)
            let end = min(sent.count, start + Int.random(in: 1...900, using: &random))
            cuts.append(Cut(start: start, bytes: Array(sent[start..<end])))
        }
        cuts.shuffle(using: &random)
        for cut in cuts { script.data(.client, at: cut.start, cut.bytes) }
        script.send(.client, [.fin, .acknowledgement], at: sent.count)
        script.acknowledge(.server, sent.count + 1)
        script.finish()
        #expect(script.stream.client == [.bytes(sent)])
        #expect(script.noted.sessions.first?.conflicts.isEmpty == true)
        #expect(script.noted.sessions.first?.ends == [.client])
    }

    @Test("what is lost is a gap of its length, and all else stands where it did", arguments: 0..<60)
    func losses(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 1_000)
        let sent = (0..<Int.random(in: 100...6_000, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        let script = TCPScript()
        script.open()
        var cuts = Self.cuts(of: sent, &random)
        let lost = cuts.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        let gaps = lost.reduce(0) { $0 + cuts[$1].bytes.count }
        for index in lost.reversed() { cuts.remove(at: index) }
        // A little out of order, with acknowledgements in between.
        for index in cuts.indices.dropLast() where Bool.random(using: &random) { cuts.swapAt(index, index + 1) }
        var furthest = 0
        for cut in cuts {
            script.data(.client, at: cut.start, cut.bytes)
            furthest = max(furthest, cut.start + cut.bytes.count)
            if Int.random(in: 0..<5, using: &random) == 0, furthest == cut.start + cut.bytes.count {
                script.send(.server, .acknowledgement, acknowledging: min(furthest, cut.start))
            }
        }
        script.send(.client, [.fin, .acknowledgement], at: sent.count)
        script.acknowledge(.server, sent.count + 1)
        script.finish()
        let pieces = script.stream.client
        #expect(Self.filled(pieces, from: sent) == sent)
        let missing = pieces.reduce(0) { if case .gap(let count) = $1 { $0 + count } else { $0 } }
        // A swap may look like a loss that the other side has acknowledged.
        #expect(missing >= gaps && (missing == gaps || missing < sent.count))
    }

    @Test("bytes that came first stay, whatever comes later", arguments: 0..<40)
    func overlaps(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 2_000)
        let length = 1_500
        var expected = [UInt8?](repeating: nil, count: length)
        let script = TCPScript()
        script.open()
        for number in 1...Int.random(in: 2...60, using: &random) {
            let start = Int.random(in: 0..<length, using: &random)
            let end = min(length, start + Int.random(in: 2...400, using: &random))
            script.data(.client, at: start, [UInt8](repeating: UInt8(number), count: end - start))
            for index in start..<end where expected[index] == nil { expected[index] = UInt8(number) }
        }
        script.finish()
        var wanted = CaptureFixture.Stream()
        let known = expected.lastIndex { $0 != nil } ?? -1
        var index = 0
        while index <= known {
            let start = index
            if expected[index] == nil {
                while index <= known, expected[index] == nil { index += 1 }
                wanted.client.append(.gap(index - start))
            } else {
                while index <= known, expected[index] != nil { index += 1 }
                wanted.add(expected[start..<index].compactMap { $0 }, from: "client")
            }
        }
        #expect(script.stream.client == wanted.client)
    }

    @Test("any segments at all keep what is held within its limits", arguments: 0..<30)
    func anything(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 3_000)
        var limits = ReassemblyLimits()
        limits.halfOpen = 4
        limits.open = 3
        limits.closed = 4
        limits.heldBytes = 2_000
        limits.heldPieces = 8
        limits.heldBytesInAll = 4_000
        limits.farBytes = 500
        var script = TCPScript(limits)
        for _ in 0..<2_000 {
            script.client.port = UInt16.random(in: 1...8, using: &random)
            let side: Side = Bool.random(using: &random) ? .client : .server
            let flags = TCPSegment.Flags(rawValue: UInt8.random(in: 0...31, using: &random))
            let payload = [UInt8](repeating: 7, count: random.pick([0, 0, 1, 20, 400]))
            script.send(
                side, flags,
                at: random.pick([-1, 0, 1, 20, 400, 5_000, 1 << 30, Int(UInt32.random(in: 0...(.max), using: &random))]
                ),
                payload, length: payload.count + random.pick([0, 0, 0, 100]),
                acknowledging: random.pick([-1, 0, 1, 20, 400, 5_000, 1 << 30]),
                window: UInt16.random(in: 0...(.max), using: &random))
            #expect(script.table.heldBytesInAll <= limits.heldBytesInAll)
            #expect(script.table.openCount <= limits.open && script.table.knownCount <= 11)
        }
        script.finish()
        #expect(script.table.heldBytesInAll == 0)
        #expect(script.noted.sessions.allSatisfy { $0.stream.close != nil })
    }
}

extension SeededGenerator {
    /// One of them.
    fileprivate mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &self)]
    }
}
