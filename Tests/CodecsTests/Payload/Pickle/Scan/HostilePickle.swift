/// Pickles that hide what they import, each by one trick.
struct HostilePickle: Sendable, CustomStringConvertible {
    var description: String
    var bytes: [UInt8]
    /// `module:name` that must be named, and how bad it is at least.
    var name: String
    var isDangerous = true

    private init(_ description: String, _ bytes: [UInt8], _ name: String = "os:system", isDangerous: Bool = true) {
        self.description = description
        self.bytes = bytes
        self.name = name
        self.isDangerous = isDangerous
    }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
    /// SHORT_BINUNICODE.
    private static func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + text.utf8 }
    private static func shortBytes(_ bytes: [UInt8]) -> [UInt8] { [0x43, UInt8(bytes.count)] + bytes }
    private static func frame(_ count: UInt8) -> [UInt8] { [0x95, count, 0, 0, 0, 0, 0, 0, 0] }

    private static let os = text("os")
    private static let system = text("system")
    /// A pickle whose bytes are the characters of a text.
    private static let oldBytes = ([0x80, 4] + os + system + [0x93, 0x2E]).flatMap {
        Array(String(UnicodeScalar($0)).utf8)
    }
    private static let plain = ascii("cos\nsystem\n(S'id'\ntR.")

    static let all: [HostilePickle] = [
        HostilePickle("GLOBAL", plain),
        HostilePickle("STACK_GLOBAL", [0x80, 4] + os + system + [0x93, 0x2E]),
        HostilePickle("INST", ascii("(S'id'\nios\nsystem\n.")),
        HostilePickle("OBJ", ascii("(cos\nsystem\nS'id'\no.")),
        HostilePickle("NEWOBJ_EX", [0x80, 4] + ascii("cos\nsystem\n)}") + [0x92, 0x2E]),
        HostilePickle("no STOP", ascii("cos\nsystem\n(S'id'\ntR")),
        HostilePickle("an error behind it", ascii("cos\nsystem\n(S'id'\ntR\u{1}.")),
        HostilePickle("an error of the stack before it", ascii("0000N(cos\nsystem\n)R.")),
        HostilePickle("a second pickle", ascii("N.") + plain),
        HostilePickle("a third pickle", ascii("N.]}.") + plain),
        HostilePickle(
            "a frame beyond STOP that hides the second pickle",
            [0x80, 4] + frame(8) + ascii("N.") + [0x42, 0xFF, 0, 0, 0, 0] + plain),
        HostilePickle("a frame cut short", [0x80, 4] + frame(0xFF) + os + system + [0x93, 0x2E]),
        HostilePickle("a frame that crosses an opcode", [0x80, 4] + frame(3) + os + system + [0x93, 0x2E]),
        HostilePickle("a pickle inside bytes", [0x80, 4] + shortBytes(plain) + [0x2E]),
        HostilePickle(
            "a pickle inside bytes inside bytes",
            [0x80, 4] + shortBytes([0x80, 4] + shortBytes(plain) + [0x2E]) + [0x2E]),
        HostilePickle("a pickle inside a text", [0x80, 4] + text("cos\nsystem\n(S'id'\ntR.") + [0x2E]),
        HostilePickle(
            "a pickle inside the Latin-1 text of old bytes",
            [0x80, 2] + ascii("c_codecs\nencode\n") + [0x58, UInt8(oldBytes.count), 0, 0, 0] + oldBytes
                + ascii("X\u{6}\0\0\0latin1") + [0x86, 0x52, 0x2E]),
        HostilePickle("under a popped result", ascii("cos\nsystem\n(S'id'\ntR0N.")),
        HostilePickle("under POP_MARK", ascii("(cos\nsystem\n(S'id'\ntR1N.")),
        HostilePickle("in a state", ascii("ccollections\nOrderedDict\n)R}X\u{1}\0\0\0acos\nsystem\n(S'id'\ntRsb.")),
        HostilePickle("as a dict key", ascii("}cos\nsystem\n(S'id'\ntRNs.")),
        HostilePickle("as a persistent id", ascii("cos\nsystem\n(S'id'\ntRQ.")),
        HostilePickle("behind 200,000 harmless opcodes", ascii(String(repeating: "N0", count: 100_000)) + plain),
        HostilePickle(
            "a dotted name behind an allowed module", [0x80, 4] + text("uuid") + text("os.system") + [0x93, 0x2E],
            "uuid:os.system"),
        HostilePickle("a dotted GLOBAL", [0x80, 4] + ascii("cuuid\nos.system\n."), "uuid:os.system"),
        HostilePickle(
            "an overwritten memo slot",
            [0x80, 4] + text("datetime") + ascii("q\u{0}0") + os + ascii("q\u{0}0") + ascii("h\u{0}") + system + [
                0x93, 0x2E,
            ]),
        // What the C unpickler reads from a file that it cannot look ahead in: the rest of a frame is left out.
        HostilePickle("a line that crosses a frame's end", [0x80, 4] + frame(2) + ascii("cXos\nsystem\n)R.")),
        HostilePickle(
            "a text that crosses a frame's end",
            [0x80, 4] + os + frame(3) + [0x8C, 6] + ascii("X") + ascii("system") + [0x93, 0x2E]),
        HostilePickle(
            "a frame that crosses a frame's end",
            [0x80, 4] + frame(14) + frame(12) + [0x42, 0xFF, 0xFF, 0, 0] + ascii("cos\nsystem\n."), "os:system"),
        HostilePickle(
            "MEMOIZE behind a gap",
            [0x80, 4] + text("x") + ascii("q\u{1}0") + os + [0x94, 0x30] + ascii("h\u{1}") + system + [0x93, 0x2E]),
        HostilePickle(
            "a memo index that only Python takes",
            [0x80, 4] + os + ascii("p99999999999999999999999\n0g+0_99999999999999999999999\n") + system + [0x93, 0x2E]),
        HostilePickle(
            "a memo index that ends at a NUL", [0x80, 4] + os + ascii("p5\u{0}6\n0g 5 \n") + system + [0x93, 0x2E]),
        HostilePickle(
            "a memo of the pickle before",
            [0x80, 4] + os + [0x94, 0x2E, 0x80, 4] + ascii("h\u{0}") + system + [0x93, 0x2E]),
        HostilePickle("an escaped text", [0x80, 4] + ascii("V\\u006fs\nV\\u0073ystem\n") + [0x93, 0x2E]),
        HostilePickle("an 8-bit string", [0x80, 4] + ascii("U\u{2}osS'sys\\x74em'\n") + [0x93, 0x2E]),
        HostilePickle("DUP and POP", [0x80, 4] + os + text("x") + ascii("0") + system + ascii("20") + [0x93, 0x2E]),
        HostilePickle("POP of a MARK", [0x80, 4] + os + ascii("(0") + system + [0x93, 0x2E]),
        HostilePickle(
            "a name that a call computes", [0x80, 4] + os + ascii("cbuiltins\nstr\n)R") + [0x93, 0x2E], "os:(computed)"),
        HostilePickle(
            "a name that an import gives", [0x80, 4] + ascii("cstring\ndigits\n") + system + [0x93, 0x2E],
            "(computed):system"),
        HostilePickle("a name of Python 2", ascii("c__builtin__\neval\n(S'1'\ntR."), "__builtin__:eval"),
        HostilePickle("a module of Python 2", ascii("ccommands\ngetoutput\n(S'id'\ntR."), "commands:getoutput"),
        HostilePickle(
            "a module that has the built-in functions", ascii("csix.moves.builtins\neval\n(S'1'\ntR."),
            "six.moves.builtins:eval"),
        HostilePickle("getattr", ascii("cbuiltins\ngetattr\n(cos\npath\nS'x'\ntR."), "builtins:getattr"),
        HostilePickle("sys.modules", ascii("csys\nmodules\nS'os'\nNs."), "sys:modules"),
        HostilePickle(
            "a code registered in the same pickle",
            ascii("ccopyreg\nadd_extension\n(S'os'\nS'system'\nI7\ntR") + [0x82, 7, 0x2E], "copyreg:add_extension"),
        HostilePickle("an extension code", [0x80, 2, 0x82, 7, 0x2E], "code 7", isDangerous: false),
        HostilePickle(
            "a state with __setstate__", ascii("ccollections\nCounter\n)R}S'__setstate__'\nNsb."), "__setstate__",
            isDangerous: false),
        HostilePickle(
            "a state with __class__", ascii("ccollections\nCounter\n)R}S'__class__'\nNsb."), "__class__",
            isDangerous: false),
        HostilePickle(
            "a state for a class", ascii("ccollections\nCounter\n}b."), "collections:Counter", isDangerous: false),
        HostilePickle(
            "another codec than Latin-1", ascii("c_codecs\nencode\n(Vabc\nVrot13\ntR."), "_codecs:encode",
            isDangerous: false),
        HostilePickle(
            "a homoglyph", [0x80, 4] + text("d\u{430}tetime") + text("date") + [0x93, 0x2E], "d\u{430}tetime:date",
            isDangerous: false),
        HostilePickle("a persistent id", ascii("Psecret\n."), "secret", isDangerous: false),
        HostilePickle(
            "a class of somebody", ascii("cshop.models\nOrder\n)R."), "shop.models:Order", isDangerous: false),
        HostilePickle("functools.partial", ascii("cfunctools\npartial\n)R."), "functools:partial"),
        HostilePickle("torch's loader", ascii("ctorch\nload\n)R."), "torch:load"),
        HostilePickle("a name cut off at the end", ascii("cos\nsystemX")),
        HostilePickle("a module cut off at the end", ascii("cosX"), "os:"),
    ]
}
