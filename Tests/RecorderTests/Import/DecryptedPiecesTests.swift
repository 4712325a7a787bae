import Testing

@testable import Recorder

@Suite("Decrypted bytes that wait for their session")
struct DecryptedPiecesTests {
    private static func way(_ port: UInt16) -> DecryptedPieces.Way {
        DecryptedPieces.Way(
            source: IPEndpoint(address: .version4(1), port: port),
            destination: IPEndpoint(address: .version4(2), port: 443))
    }

    @Test("what nobody asks for takes no room from the others") func unfollowed() {
        var pieces = DecryptedPieces(limit: 4)
        pieces.follow(Self.way(1))
        pieces.add([9, 9, 9, 9], Self.way(2))
        pieces.add([1, 2, 3, 4], Self.way(1))
        #expect(pieces.take(Self.way(1)) == DecryptedPieces.Piece(bytes: [1, 2, 3, 4]))
        #expect(pieces.take(Self.way(2)).isEmpty)
    }

    @Test("so many bytes wait as may; what is over them is counted", arguments: [3, 4, 5])
    func limit(count: Int) {
        var pieces = DecryptedPieces(limit: 4)
        pieces.follow(Self.way(1))
        pieces.follow(Self.way(2))
        pieces.add([1, 2], Self.way(1))
        pieces.add(Array(repeating: 3, count: count - 2), Self.way(2))
        let kept = count <= 4 ? Array(repeating: UInt8(3), count: count - 2) : []
        #expect(pieces.take(Self.way(2)) == DecryptedPieces.Piece(bytes: kept, dropped: count <= 4 ? 0 : count - 2))
        #expect(pieces.take(Self.way(1)).bytes == [1, 2])
        // There is room again.
        pieces.add([4, 5, 6, 7], Self.way(2))
        #expect(pieces.take(Self.way(2)).bytes == [4, 5, 6, 7])
    }

    @Test("behind dropped bytes nothing is kept until they were told of") func behindDropped() {
        var pieces = DecryptedPieces(limit: 4)
        pieces.follow(Self.way(1))
        pieces.add([1, 2], Self.way(1))
        pieces.add([3, 4, 5], Self.way(1))
        pieces.add([6], Self.way(1))
        #expect(pieces.take(Self.way(1)) == DecryptedPieces.Piece(bytes: [1, 2], dropped: 4))
        pieces.add([7], Self.way(1))
        #expect(pieces.take(Self.way(1)) == DecryptedPieces.Piece(bytes: [7]))
    }

    @Test("the next session between the same ends begins with nothing") func portAgain() {
        var pieces = DecryptedPieces(limit: 4)
        pieces.follow(Self.way(1))
        pieces.add([1, 2, 3], Self.way(1))
        pieces.follow(Self.way(1))
        pieces.add([4, 5, 6, 7], Self.way(1))
        #expect(pieces.take(Self.way(1)).bytes == [4, 5, 6, 7])
        pieces.leave(Self.way(1))
        pieces.add([8], Self.way(1))
        #expect(pieces.take(Self.way(1)).isEmpty)
    }
}
