internal import Codecs

/// Identifiers in binary messages: eight bytes or more that a server made up and that come back.
enum BinaryIdentifiers {
    /// No run of bytes that is shorter is taken for one.
    static let minimumBytes = 8

    /// The bytes behind the JSON string of a message that is kept as base64; nil where it is none.
    static func bytes(ofForm text: [UInt8]) -> [UInt8]? {
        guard text.count >= 2 else { return nil }
        let inside = text.dropFirst().dropLast().withUnsafeBytes { JSONString.unescape($0) }
        var output = ByteWriter(capacity: inside.count)
        do throws(PayloadError) { try Base64.decode(inside.span.bytes, into: &output) } catch { return nil }
        return output.array
    }

    /// The form for bytes.
    static func form(of bytes: [UInt8]) -> [UInt8] {
        var output = ByteWriter(capacity: bytes.count * 4 / 3 + 8)
        output.append(UInt8(ascii: "\""))
        bytes.withUnsafeBytes { Base64.encode($0, into: &output) }
        output.append(UInt8(ascii: "\""))
        return output.array
    }

    /// Offers each eight bytes that may be part of an identifier, with their place: those that are mostly the same byte are
    /// lengths and padding.
    static func windows(of bytes: UnsafeRawBufferPointer, _ visitor: (Int, UInt64) -> Void) {
        guard bytes.count >= minimumBytes else { return }
        for offset in 0...bytes.count - minimumBytes {
            let window = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if isVaried(window) { visitor(offset, window) }
        }
    }

    /// Whether bytes may be issued where others were. Words in them are judged as texts are; a small number at an edge, that
    /// came back together with the identifier beside it, is none of it; and padding is no identifier.
    static func mayStand(_ actual: [UInt8], for recorded: [UInt8]) -> Bool {
        guard recorded.count == actual.count, Set(actual).count >= min(5, actual.count) else { return false }
        return hasSameEdges(actual, recorded)
            && (wordRanges(recorded) + wordRanges(actual)).allSatisfy { range in
                mayStandText(in: range, actual, recorded)
            }
    }

    /// Whether 32-bit numbers of less than 65,536 before and behind are the same.
    private static func hasSameEdges(_ actual: [UInt8], _ recorded: [UInt8]) -> Bool {
        guard recorded.count >= minimumBytes + 4 else { return true }
        return [recorded.startIndex, recorded.endIndex - 4].allSatisfy { start in
            let edge = recorded[start..<start + 4]
            let isSmall = edge.prefix(2).allSatisfy { $0 == 0 } || edge.suffix(2).allSatisfy { $0 == 0 }
            return !isSmall || edge == actual[start..<start + 4]
        }
    }

    /// Where so many letters stand in a row (blanks between them too) as random bytes of that number hardly ever have: six of
    /// up to 32, eight of up to 256, then ten and twelve.
    private static func wordRanges(_ bytes: [UInt8]) -> [Range<Int>] {
        let least = bytes.count <= 32 ? 6 : bytes.count <= 256 ? 8 : bytes.count <= 4_096 ? 10 : 12
        var ranges: [Range<Int>] = []
        var start = 0
        for offset in 0...bytes.count {
            if offset < bytes.count, IdentifierTokens.isLetter(bytes[offset]) || bytes[offset] == 32 { continue }
            if offset - start >= least { ranges.append(start..<offset) }
            start = offset + 1
        }
        return ranges
    }

    /// Whether the text around a word may stand for the recorded one: it is the same, or was made up.
    private static func mayStandText(in word: Range<Int>, _ actual: [UInt8], _ recorded: [UInt8]) -> Bool {
        let isText = { (offset: Int) in
            (0x20..<0x7F).contains(actual[offset]) && (0x20..<0x7F).contains(recorded[offset])
        }
        var (start, end) = (word.lowerBound, word.upperBound)
        while start > 0, isText(start - 1) { start -= 1 }
        while end < recorded.count, isText(end) { end += 1 }
        let (now, before) = (Array(actual[start..<end]), Array(recorded[start..<end]))
        return now == before
            || before.withUnsafeBytes { one in
                IdentifierShape.isIdentifier(one) && now.withUnsafeBytes { IdentifierShape.mayStand($0, for: one) }
            }
    }

    private static func isVaried(_ window: UInt64) -> Bool {
        withUnsafeBytes(of: window) { bytes in
            var distinct = 0
            for index in bytes.indices where !bytes[..<index].contains(bytes[index]) { distinct += 1 }
            return distinct >= 5
        }
    }
}
