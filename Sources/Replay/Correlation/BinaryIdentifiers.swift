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

    /// Whether bytes may be issued where others were: where both are plain text, only if the recorded ones look made up.
    static func mayStand(_ actual: [UInt8], for recorded: [UInt8]) -> Bool {
        guard recorded.count == actual.count else { return false }
        let isText = (recorded + actual).allSatisfy { (0x20..<0x7F).contains($0) }
        return !isText
            || recorded.withUnsafeBytes { one in
                IdentifierShape.isIdentifier(one) && actual.withUnsafeBytes { IdentifierShape.mayStand($0, for: one) }
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
