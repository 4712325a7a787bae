/// The beginning of TLS in a stream, in clear: a record with a client's hello in it.
///
/// ```
/// 0x16  0x03 minor  length:2 | 0x01  length:3  0x03 minor
/// record: handshake, TLS     | client_hello, TLS
/// ```
///
/// The server's answer has 0x02 there, and more may follow in the same record.
///
/// RFC 8446, 4.1.2 and 5.1; the record's length is at most 16384. A hello that a client cuts into several records is not
/// recognised.
package enum TLSHello {
    /// What has to be there to tell.
    private static let bytesNeeded = 11

    /// Whether these bytes, which begin where a frame would, are a client's first ones of TLS.
    package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let (record, hello) = lengths(bytes, message: 1) else { return false }
        return hello + 4 == record
    }

    /// Whether these bytes, the first ones of a server, are its answer to that.
    static func beginsAnswer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let (record, hello) = lengths(bytes, message: 2) else { return false }
        return hello + 4 <= record
    }

    /// Whether these bytes are records of TLS, as those of a connection are that has begun before: a type, a version and a length that it
    /// has, and behind a whole record another.
    static func isInside(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 5 else { return false }
        var offset = 0
        while offset < bytes.count {
            let head = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(5))
            guard 0x14...0x17 ~= head[0], head.count < 2 || head[1] == 3, head.count < 3 || head[2] <= 4 else {
                return false
            }
            guard head.count == 5 else { return true }
            let length = Int(head[3]) << 8 | Int(head[4])
            guard length > 0, length <= maximumRecordBytes else { return false }
            offset += 5 + length
        }
        return true
    }

    /// With what encryption may add.
    private static let maximumRecordBytes = (1 << 14) + 2_048

    /// The lengths of the record and of the hello in it.
    @inline(__always)
    private static func lengths(_ bytes: UnsafeRawBufferPointer, message: UInt8) -> (record: Int, hello: Int)? {
        // The first comparison is all that happens to most messages.
        guard bytes.first == 0x16, bytes.count >= bytesNeeded, bytes[1] == 3, bytes[2] <= 4, bytes[5] == message,
            bytes[9] == 3, bytes[10] <= 4
        else { return nil }
        let record = Int(bytes[3]) << 8 | Int(bytes[4])
        guard record <= 1 << 14 else { return nil }
        return (record, Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8]))
    }
}

/// Where TLS was seen to begin.
enum TLSStart {
    /// With its client's hello.
    case client
    /// With its server's: the client's is not there.
    case server
    /// Before the capture did.
    case earlier
}
