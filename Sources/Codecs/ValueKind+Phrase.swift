extension ValueKind {
    /// The kind as an error names it, when a format has no way to write it: "a tuple".
    var phrase: String {
        switch self {
        case .null: "null"
        case .false, .true: "a boolean"
        case .int: "an integer"
        case .bigInt: "an integer of more than 64 bits"
        case .number: "a number"
        case .float: "a float"
        case .string: "a text"
        case .bytes: "bytes"
        case .byteArray: "a bytearray"
        case .legacyString: "an 8-bit string"
        case .typedBytes: "bytes with a type number"
        case .list: "a list"
        case .tuple: "a tuple"
        case .set: "a set"
        case .frozenSet: "a frozenset"
        case .map: "a map"
        case .global: "a global"
        case .extensionCode: "an extension code"
        case .persistent: "a persistent id"
        case .buffer: "an out-of-band buffer"
        default: "an object"
        }
    }
}
