/// Makes JSON texts, and texts of the notation for pickles.
struct JSONGenerator {
    private var text: [UInt8] = []
    private let isNotation: Bool
    private var definitions = 0

    static func make(isNotation: Bool, using random: inout SeededGenerator) -> [UInt8] {
        var generator = JSONGenerator(isNotation: isNotation)
        generator.value(depth: 1 + random.below(6), using: &random)
        return generator.text
    }

    private init(isNotation: Bool) { self.isNotation = isNotation }

    private mutating func put(_ piece: String) { text += Array(piece.utf8) }

    private mutating func value(depth: Int, using random: inout SeededGenerator) {
        if depth == 0 || random.once(in: 3) { return scalar(using: &random) }
        if isNotation, random.once(in: 2) { return tagged(depth: depth, using: &random) }
        if random.once(in: 2) { return list(depth: depth, using: &random) }
        put("{")
        for index in 0..<random.below(4) {
            if index > 0 { put(",") }
            string(using: &random)
            put(":")
            value(depth: depth - 1, using: &random)
        }
        put("}")
    }

    private mutating func list(depth: Int, using random: inout SeededGenerator) {
        put("[")
        for index in 0..<random.below(5) {
            if index > 0 { put(random.once(in: 6) ? " ,\t" : ",") }
            value(depth: depth - 1, using: &random)
        }
        put("]")
    }

    private mutating func pairs(depth: Int, using random: inout SeededGenerator) {
        put("[")
        for index in 0..<random.below(4) {
            if index > 0 { put(",") }
            put("[")
            value(depth: depth - 1, using: &random)
            put(",")
            value(depth: depth - 1, using: &random)
            put("]")
        }
        put("]")
    }

    private mutating func string(using random: inout SeededGenerator) {
        put(
            random.pick([
                #""a""#, #""b""#, #""""#, #""\ud800""#, #""\ud83d\ude00""#, #""\u0000""#, #""é日""#, #""$tuple""#,
                #""\\\"\/\n""#, #""m:f""#, #""datetime:date""#, #""\udc00\ud800""#, #""v""#, #""args""#,
                "\"" + String(repeating: "x", count: 120 + random.below(20)) + "\"",
            ]))
    }

    private mutating func scalar(using random: inout SeededGenerator) {
        switch random.below(6) {
        case 0: put(random.pick(["null", "true", "false"]))
        case 1: string(using: &random)
        case 2: put("\(Int64(bitPattern: random.next()) >> Int64(random.below(64)))")
        case 3: put("\(Double(bitPattern: random.next() & 0x7FEF_FFFF_FFFF_FFFF))")
        case 4: put(random.pick(["-0", "-0.0", "1e400", "1E+2", "0.1", "1e16", "9007199254740992", "5e-324", "1.0"]))
        default: put("\(random.below(20))")
        }
    }

    private mutating func tagged(depth: Int, using random: inout SeededGenerator) {
        let inner = depth - 1
        switch random.below(17) {
        case 0: put(#"{"$tuple":"#); list(depth: inner + 1, using: &random)
        case 1: put(#"{"$set":"#); list(depth: inner + 1, using: &random)
        case 2: put(#"{"$frozenset":"#); list(depth: inner + 1, using: &random)
        case 3: put(#"{"$dict":"#); pairs(depth: depth, using: &random)
        case 4: put(#"{"$bytes":"#); string(using: &random)
        case 5: put(#"{"$b64":"#); put(random.pick([#""AAEC""#, #""//8=""#, #""""#, #""A""#, #""QQ==""#]))
        case 6: put(#"{"$bytearray":"#); put(random.pick([#""ab""#, #"{"$b64":"AAEC"}"#]))
        case 7: put(#"{"$str2":"#); put(random.pick([#""ab""#, #"{"$b64":"AAEC"}"#]))
        case 8:
            put(#"{"$int":"#)
            put(
                random.pick([
                    #""9007199254740992""#, #""-0xff""#, #""0x\#(random.next())""#,
                    #""-1\#(random.next())\#(random.next())""#,
                ]))
        case 9:
            put(#"{"$float":"#);
            put(random.pick([#""inf""#, #""-inf""#, #""nan""#, #""0x7ff8000000000abc""#, #""0x1""#]))
        case 10: put(#"{"$wtf8":"#); put(random.pick([#""7aCA7bCA""#, #""7aCA""#, #""YQ==""#]))
        case 11:
            definitions += 1
            put(#"{"$def":\#(definitions),"v":"#)
            value(depth: inner, using: &random)
        case 12: put(#"{"$ref":\#(max(1, definitions - random.below(2)))"#)
        case 13: put(#"{"$global":"#); put(random.pick([#""m:f""#, #"["a","b:c"]"#, #""x""#]))
        case 14: put(random.pick([#"{"$ext":7"#, #"{"$buffer":0"#, #"{"$buffer":1,"readonly":true"#, #"{"$ext":0"#]))
        case 15: put(#"{"$pers":"#); value(depth: inner, using: &random)
        default: called(depth: inner, using: &random)
        }
        put("}")
    }

    private mutating func called(depth: Int, using random: inout SeededGenerator) {
        put(random.pick([#"{"$call":"#, #"{"$new":"#, #"{"$inst":"#, #"{"$obj":"#]))
        if random.once(in: 3), depth > 0 { value(depth: depth - 1, using: &random) } else { put(#""m:f""#) }
        if random.once(in: 5) {
            put(#","args*":"#)
            value(depth: depth, using: &random)
        } else {
            put(#","args":"#)
            list(depth: max(depth, 1), using: &random)
        }
        if random.once(in: 8) {
            put(#","kwargs":{"a":1}"#)
        }
        if random.once(in: 3) {
            put(#","append":"#)
            list(depth: max(depth, 1), using: &random)
        }
        if random.once(in: 3) {
            put(#","items":"#)
            pairs(depth: max(depth, 1), using: &random)
        }
        if random.once(in: 3) {
            put(#","state":"#)
            value(depth: max(depth - 1, 0), using: &random)
        }
        if random.once(in: 8) { put(#","ops":[{"state":{}},{"append":[1]},{"add":[2]}]"#) }
    }
}
