/// The beginning of TLS in a stream, in clear: a record with a client's hello in it.
///
/// ```
/// 0x16  0x03 minor  length:2 | 0x01  length:3  0x03 minor
/// record: handshake, TLS     | client_hello, TLS
/// ```
///
/// RFC 8446, 4.1.2 and 5.1; the record's length is at most 16384. A hello that a client cuts into several records is not
/// recognised.
package enum TLSHello {
    /// What has to be there to tell.
    private static let bytesNeeded = 11

    /// Whether these bytes, which begin where a frame would, are a client's first ones of TLS.
    package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // The first comparison is all that happens to most messages.
        guard bytes.first == 0x16, bytes.count >= bytesNeeded, bytes[1] == 3, bytes[2] <= 4, bytes[5] == 1 else {
            return false
        }
        let record = Int(bytes[3]) << 8 | Int(bytes[4])
        let hello = Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8])
        return record <= 1 << 14 && hello + 4 == record && bytes[9] == 3 && bytes[10] <= 4
    }
}
