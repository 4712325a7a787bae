/// What is said when a pickle is refused. Kept out of the opcodes' code, which is to stay small.
extension PickleMachine {
    func opcodeName(_ at: Int) -> String {
        PickleOpcode.name(of: input.load(fromByteOffset: at, as: UInt8.self))
    }

    @inline(never)
    func malformed(_ at: Int, _ reason: String) -> PayloadError {
        PayloadError(.malformed, at: at, "\(opcodeName(at)) \(reason)")
    }

    /// What CPython might accept, but a tree of inert nodes has no place for.
    @inline(never)
    func notKept(_ at: Int, _ reason: String) -> PayloadError {
        PayloadError(.notRepresentable, at: at, "\(opcodeName(at)) \(reason), which cannot be kept as data")
    }

    @inline(never)
    func overLimit(_ at: Int, _ reason: String) -> PayloadError {
        PayloadError(.overLimit, at: at, reason)
    }

    @inline(never)
    func tooManyElements(_ at: Int) -> PayloadError {
        PayloadError(.overLimit, at: at, "the pickle has more than \(limits.maximumElements) values")
    }

    @inline(never)
    func underflow(_ at: Int) -> PayloadError {
        malformed(at, marks.count > 0 ? "reaches below the topmost MARK" : "finds too little on the stack")
    }

    @inline(never)
    func truncated(_ at: Int) -> PayloadError {
        PayloadError(.truncated, at: at, "the pickle ends in the argument of \(opcodeName(at))")
    }

    @inline(never)
    func truncated(_ at: Int, claimed: UInt64) -> PayloadError {
        PayloadError(.truncated, at: at, "\(opcodeName(at)) claims \(claimed) bytes; the pickle ends before that")
    }

    /// What Python calls a kind.
    static func name(of kind: ValueKind) -> String {
        switch kind {
        case .null: "None"
        case .false, .true: "bool"
        case .int, .bigInt: "int"
        case .number, .float: "float"
        case .string: "str"
        case .bytes: "bytes"
        case .byteArray: "bytearray"
        case .legacyString: "8-bit str"
        case .list: "list"
        case .tuple: "tuple"
        case .set: "set"
        case .frozenSet: "frozenset"
        case .map: "dict"
        case .global: "global"
        case .extensionCode: "extension code"
        case .persistent: "persistent id"
        case .buffer: "buffer"
        default: "object"
        }
    }
}
