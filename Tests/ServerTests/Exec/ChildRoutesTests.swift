import NIOCore
import Testing

@testable import Server

@Suite("The sessions that a child knows")
struct ChildRoutesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func batch(_ pieces: [(Int, ChildBatch.Kind, String)]) -> ChildBatch {
        var batch = ChildBatch()
        for (session, kind, line) in pieces {
            batch.pieces.append(ChildBatch.Piece(session: session, kind: kind, bytes: line.utf8.count))
            batch.lines.writeString(line)
        }
        return batch
    }

    private static func take(
        _ routes: inout ChildRoutes, _ pieces: [(Int, ChildBatch.Kind, String)], place: Int = 0
    ) -> String {
        String(buffer: routes.take(batch(pieces), from: place, at: start))
    }

    @Test("are told of what happens to them, and answered on their own event loop")
    func known() {
        var routes = ChildRoutes()
        #expect(Self.take(&routes, [(1, .opened, "a"), (1, .message, "b"), (2, .opened, "c")], place: 5) == "abc")
        #expect(Self.take(&routes, [(3, .opened, "d")], place: 6) == "d")
        #expect([1, 2, 3, 4].map { routes.place(answering: $0, at: Self.start) } == [5, 5, 6, nil])
        #expect(Self.take(&routes, [(1, .ended, "e"), (1, .gone, ""), (2, .gone, "f")], place: 5) == "ef")
        #expect([1, 2, 3].map { routes.place(answering: $0, at: Self.start) } == [nil, nil, 6])
    }

    @Test("are not those of the child before it")
    func earlier() {
        var routes = ChildRoutes()
        _ = Self.take(&routes, [(1, .opened, "a"), (2, .opened, "b")], place: 5)
        _ = Self.take(&routes, [(3, .opened, "c")], place: 6)
        #expect(routes.removeAll() == [5: [1, 2], 6: [3]])
        let turn: [(Int, ChildBatch.Kind, String)] = [
            (1, .message, "old "), (4, .opened, "open "), (2, .ended, "old "), (4, .message, "message "),
            (1, .gone, ""), (3, .gone, "old "), (4, .ended, "end"),
        ]
        #expect(Self.take(&routes, turn) == "open message end")
        #expect(Self.take(&routes, [(4, .message, "kept "), (2, .message, "not")]) == "kept ")
        #expect(routes.removeAll() == [0: [4]])
    }

    @Test("whose clients send no more are told of once, when they were not answered for a time")
    func quiet() {
        var routes = ChildRoutes()
        _ = Self.take(
            &routes, [(1, .opened, ""), (2, .opened, ""), (1, .ended, ""), (2, .ended, ""), (3, .opened, "")])
        func quiet(_ milliseconds: Int64, hasReadAll: Bool = true) -> [Int] {
            routes.takeQuiet(
                for: .seconds(1), owed: .seconds(10), hasReadAll: hasReadAll,
                at: Self.start + .milliseconds(milliseconds)
            ).map(\.session).sorted()
        }
        #expect(quiet(999) == [])
        #expect(routes.place(answering: 2, at: Self.start + .milliseconds(999)) == 0)
        #expect(quiet(1_000) == [1])
        #expect(quiet(1_998) == [])
        // It has not even read what it was told.
        #expect(quiet(5_000, hasReadAll: false) == [])
        #expect(quiet(5_999) == [])
        #expect(quiet(6_000) == [2])
        #expect(quiet(60_000) == [])
        #expect(!routes.hasEndings)
        #expect(routes.place(answering: 1, at: Self.start) == 0)
    }

    @Test("whose clients send no more get longer for the answer to their last message")
    func owed() {
        var routes = ChildRoutes()
        let begin: [(Int, ChildBatch.Kind, String)] = [
            (1, .opened, ""), (1, .message, ""), (1, .ended, ""), (2, .opened, ""), (2, .message, ""), (2, .ended, ""),
        ]
        _ = Self.take(&routes, begin)
        func quiet(_ milliseconds: Int64) -> [Int] {
            routes.takeQuiet(
                for: .seconds(1), owed: .seconds(10), hasReadAll: true, at: Self.start + .milliseconds(milliseconds)
            ).map(\.session)
        }
        #expect(quiet(5_000) == [])
        #expect(routes.place(answering: 2, at: Self.start + .seconds(5)) == 0)
        #expect(quiet(5_999) == [])
        #expect(quiet(6_000) == [2])
        #expect(quiet(9_999) == [])
        #expect(quiet(10_000) == [1])
    }
}
