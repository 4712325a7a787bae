/// One of pickle's instructions: a byte, and what stands behind it.
///
/// Source: CPython's `Lib/pickletools.py`.
package struct PickleOpcode: Sendable {
    /// What stands behind an opcode.
    package enum Argument: Sendable, Hashable {
        case none
        /// So many bytes.
        case fixed(Int)
        /// A little-endian length of so many bytes, then as many bytes as it says.
        case counted(Int)
        /// A little-endian length of four bytes that must not be negative, then as many bytes as it says.
        case signedCount
        /// Bytes up to a line feed.
        case line
        case twoLines
        /// The length of the frame that follows, eight bytes, little-endian.
        case frame
    }

    package let code: UInt8
    /// The name that `pickletools` gives it.
    package let name: String
    package let argument: Argument
    /// The first protocol that has it.
    package let minimumProtocol: Int

    private init(_ code: UInt8, _ name: String, _ argument: Argument, since minimumProtocol: Int) {
        self.code = code
        self.name = name
        self.argument = argument
        self.minimumProtocol = minimumProtocol
    }

    /// The opcode of a byte, nil where the byte is none.
    package static func opcode(of code: UInt8) -> PickleOpcode? {
        all.first { $0.code == code }
    }

    /// How an error names a byte that stands where an opcode is due.
    package static func name(of code: UInt8) -> String {
        opcode(of: code)?.name ?? "byte 0x" + (code < 16 ? "0" : "") + String(code, radix: 16, uppercase: true)
    }

    /// The highest protocol that is read.
    package static let highestProtocol = 5

    /// All opcodes, by the protocol that brought them.
    package static let all: [PickleOpcode] = [
        PickleOpcode(mark, "MARK", .none, since: 0),
        PickleOpcode(stop, "STOP", .none, since: 0),
        PickleOpcode(pop, "POP", .none, since: 0),
        PickleOpcode(duplicate, "DUP", .none, since: 0),
        PickleOpcode(float, "FLOAT", .line, since: 0),
        PickleOpcode(int, "INT", .line, since: 0),
        PickleOpcode(long, "LONG", .line, since: 0),
        PickleOpcode(none, "NONE", .none, since: 0),
        PickleOpcode(persistentID, "PERSID", .line, since: 0),
        PickleOpcode(reduce, "REDUCE", .none, since: 0),
        PickleOpcode(string, "STRING", .line, since: 0),
        PickleOpcode(unicode, "UNICODE", .line, since: 0),
        PickleOpcode(append, "APPEND", .none, since: 0),
        PickleOpcode(build, "BUILD", .none, since: 0),
        PickleOpcode(global, "GLOBAL", .twoLines, since: 0),
        PickleOpcode(dictionary, "DICT", .none, since: 0),
        PickleOpcode(get, "GET", .line, since: 0),
        PickleOpcode(instance, "INST", .twoLines, since: 0),
        PickleOpcode(list, "LIST", .none, since: 0),
        PickleOpcode(put, "PUT", .line, since: 0),
        PickleOpcode(setItem, "SETITEM", .none, since: 0),
        PickleOpcode(tuple, "TUPLE", .none, since: 0),
        PickleOpcode(emptyTuple, "EMPTY_TUPLE", .none, since: 1),
        PickleOpcode(popMark, "POP_MARK", .none, since: 1),
        PickleOpcode(binFloat, "BINFLOAT", .fixed(8), since: 1),
        PickleOpcode(binInt, "BININT", .fixed(4), since: 1),
        PickleOpcode(binInt1, "BININT1", .fixed(1), since: 1),
        PickleOpcode(binInt2, "BININT2", .fixed(2), since: 1),
        PickleOpcode(binPersistentID, "BINPERSID", .none, since: 1),
        PickleOpcode(binString, "BINSTRING", .signedCount, since: 1),
        PickleOpcode(shortBinString, "SHORT_BINSTRING", .counted(1), since: 1),
        PickleOpcode(binUnicode, "BINUNICODE", .counted(4), since: 1),
        PickleOpcode(emptyList, "EMPTY_LIST", .none, since: 1),
        PickleOpcode(appends, "APPENDS", .none, since: 1),
        PickleOpcode(binGet, "BINGET", .fixed(1), since: 1),
        PickleOpcode(longBinGet, "LONG_BINGET", .fixed(4), since: 1),
        PickleOpcode(object, "OBJ", .none, since: 1),
        PickleOpcode(binPut, "BINPUT", .fixed(1), since: 1),
        PickleOpcode(longBinPut, "LONG_BINPUT", .fixed(4), since: 1),
        PickleOpcode(setItems, "SETITEMS", .none, since: 1),
        PickleOpcode(emptyDictionary, "EMPTY_DICT", .none, since: 1),
        PickleOpcode(proto, "PROTO", .fixed(1), since: 2),
        PickleOpcode(newObject, "NEWOBJ", .none, since: 2),
        PickleOpcode(extension1, "EXT1", .fixed(1), since: 2),
        PickleOpcode(extension2, "EXT2", .fixed(2), since: 2),
        PickleOpcode(extension4, "EXT4", .fixed(4), since: 2),
        PickleOpcode(tuple1, "TUPLE1", .none, since: 2),
        PickleOpcode(tuple2, "TUPLE2", .none, since: 2),
        PickleOpcode(tuple3, "TUPLE3", .none, since: 2),
        PickleOpcode(newTrue, "NEWTRUE", .none, since: 2),
        PickleOpcode(newFalse, "NEWFALSE", .none, since: 2),
        PickleOpcode(long1, "LONG1", .counted(1), since: 2),
        PickleOpcode(long4, "LONG4", .signedCount, since: 2),
        PickleOpcode(binBytes, "BINBYTES", .counted(4), since: 3),
        PickleOpcode(shortBinBytes, "SHORT_BINBYTES", .counted(1), since: 3),
        PickleOpcode(shortBinUnicode, "SHORT_BINUNICODE", .counted(1), since: 4),
        PickleOpcode(binUnicode8, "BINUNICODE8", .counted(8), since: 4),
        PickleOpcode(binBytes8, "BINBYTES8", .counted(8), since: 4),
        PickleOpcode(emptySet, "EMPTY_SET", .none, since: 4),
        PickleOpcode(addItems, "ADDITEMS", .none, since: 4),
        PickleOpcode(frozenSet, "FROZENSET", .none, since: 4),
        PickleOpcode(newObjectWithKeywords, "NEWOBJ_EX", .none, since: 4),
        PickleOpcode(stackGlobal, "STACK_GLOBAL", .none, since: 4),
        PickleOpcode(memoize, "MEMOIZE", .none, since: 4),
        PickleOpcode(frame, "FRAME", .frame, since: 4),
        PickleOpcode(byteArray8, "BYTEARRAY8", .counted(8), since: 5),
        PickleOpcode(nextBuffer, "NEXT_BUFFER", .none, since: 5),
        PickleOpcode(readonlyBuffer, "READONLY_BUFFER", .none, since: 5),
    ]
}

extension PickleOpcode {
    // Protocol 0
    package static let mark: UInt8 = 0x28
    package static let stop: UInt8 = 0x2E
    package static let pop: UInt8 = 0x30
    package static let duplicate: UInt8 = 0x32
    package static let float: UInt8 = 0x46
    package static let int: UInt8 = 0x49
    package static let long: UInt8 = 0x4C
    package static let none: UInt8 = 0x4E
    package static let persistentID: UInt8 = 0x50
    package static let reduce: UInt8 = 0x52
    package static let string: UInt8 = 0x53
    package static let unicode: UInt8 = 0x56
    package static let append: UInt8 = 0x61
    package static let build: UInt8 = 0x62
    package static let global: UInt8 = 0x63
    package static let dictionary: UInt8 = 0x64
    package static let get: UInt8 = 0x67
    package static let instance: UInt8 = 0x69
    package static let list: UInt8 = 0x6C
    package static let put: UInt8 = 0x70
    package static let setItem: UInt8 = 0x73
    package static let tuple: UInt8 = 0x74
    // Protocol 1
    package static let emptyTuple: UInt8 = 0x29
    package static let popMark: UInt8 = 0x31
    package static let binFloat: UInt8 = 0x47
    package static let binInt: UInt8 = 0x4A
    package static let binInt1: UInt8 = 0x4B
    package static let binInt2: UInt8 = 0x4D
    package static let binPersistentID: UInt8 = 0x51
    package static let binString: UInt8 = 0x54
    package static let shortBinString: UInt8 = 0x55
    package static let binUnicode: UInt8 = 0x58
    package static let emptyList: UInt8 = 0x5D
    package static let appends: UInt8 = 0x65
    package static let binGet: UInt8 = 0x68
    package static let longBinGet: UInt8 = 0x6A
    package static let object: UInt8 = 0x6F
    package static let binPut: UInt8 = 0x71
    package static let longBinPut: UInt8 = 0x72
    package static let setItems: UInt8 = 0x75
    package static let emptyDictionary: UInt8 = 0x7D
    // Protocol 2
    package static let proto: UInt8 = 0x80
    package static let newObject: UInt8 = 0x81
    package static let extension1: UInt8 = 0x82
    package static let extension2: UInt8 = 0x83
    package static let extension4: UInt8 = 0x84
    package static let tuple1: UInt8 = 0x85
    package static let tuple2: UInt8 = 0x86
    package static let tuple3: UInt8 = 0x87
    package static let newTrue: UInt8 = 0x88
    package static let newFalse: UInt8 = 0x89
    package static let long1: UInt8 = 0x8A
    package static let long4: UInt8 = 0x8B
    // Protocol 3
    package static let binBytes: UInt8 = 0x42
    package static let shortBinBytes: UInt8 = 0x43
    // Protocol 4
    package static let shortBinUnicode: UInt8 = 0x8C
    package static let binUnicode8: UInt8 = 0x8D
    package static let binBytes8: UInt8 = 0x8E
    package static let emptySet: UInt8 = 0x8F
    package static let addItems: UInt8 = 0x90
    package static let frozenSet: UInt8 = 0x91
    package static let newObjectWithKeywords: UInt8 = 0x92
    package static let stackGlobal: UInt8 = 0x93
    package static let memoize: UInt8 = 0x94
    package static let frame: UInt8 = 0x95
    // Protocol 5
    package static let byteArray8: UInt8 = 0x96
    package static let nextBuffer: UInt8 = 0x97
    package static let readonlyBuffer: UInt8 = 0x98
}
