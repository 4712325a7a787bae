import Testing

@testable import Codecs

@Suite("The value notation")
struct ValueNotationTests {
    @Test(
        "refuses what stands for no value",
        arguments: [
            #"{"$unknown":1}"#, #"{"$":1}"#, #"{"\u0024tag":1}"#, #"{"$tuple":[1],"more":2}"#, #"{"$tuple":{}}"#,
            #"{"$tuple":1}"#, #"{"$set":null}"#, #"{"$dict":{}}"#, #"{"$dict":[1]}"#, #"{"$dict":[[1]]}"#,
            #"{"$dict":[[1,2,3]]}"#, #"{"$dict":[{}]}"#,
            #"{"$ref":1}"#, #"[{"$def":1,"v":[]},{"$ref":2}]"#, #"[{"$ref":1},{"$def":1,"v":[]}]"#,
            #"[{"$def":1,"v":[]},{"$def":1,"v":[]}]"#, #"{"$def":1}"#, #"{"$def":1,"w":2}"#, #"{"$def":0,"v":[]}"#,
            #"{"$def":-1,"v":[]}"#, #"{"$def":"1","v":[]}"#, #"{"$def":1.0,"v":[]}"#, #"{"$def":1,"v":{"$ref":1}}"#,
            #"{"$def":1,"v":{"$def":2,"v":[]}}"#, #"{"$def":1,"v":[],"w":1}"#, #"{"$ref":1,"v":2}"#,
            #"[{"$def":5,"v":[]},{"$def":5,"v":[]}]"#, #"{"$def":99999999999999999999,"v":[]}"#,
            #"{"$int":5}"#, #"{"$int":""}"#, #"{"$int":"-"}"#, #"{"$int":"0x"}"#, #"{"$int":"0xFF"}"#,
            #"{"$int":"1_0"}"#,
            #"{"$int":"+5"}"#, #"{"$int":" 5"}"#, #"{"$int":"1e5"}"#,
            #"{"$float":"Infinity"}"#, #"{"$float":"1.0"}"#, #"{"$float":"0x7ff8"}"#, #"{"$float":1.5}"#,
            #"{"$float":"0x+7ff80000000000a"}"#, "1e400", "-1e400",
            #"{"$float32":"Infinity"}"#, #"{"$float32":"0x7fc"}"#, #"{"$float32":1e39}"#, #"{"$float32":[]}"#,
            #"{"$float32":null}"#, #"{"$ext":[]}"#, #"{"$ext":[1]}"#, #"{"$ext":[128,"a"]}"#, #"{"$ext":[-129,"a"]}"#,
            #"{"$ext":[1.0,"a"]}"#, #"{"$ext":[1,5]}"#, #"{"$ext":["1","a"]}"#, #"{"$ext":[1,"a",2]}"#,
            #"{"$ext":[1,{"$b64":"A"}]}"#, #"{"$ext":[1,{"$bytes":"a"}]}"#,
            #"{"$wtf8":"AA"}"#, #"{"$wtf8":"/w=="}"#, #"{"$wtf8":"wIA="}"#, #"{"$wtf8":"7aA="}"#,
            #"{"$wtf8":"9JCAgA=="}"#,
            #"{"$wtf8":5}"#, #"{"$b64":"A"}"#, #"{"$b64":"AB=="}"#, #"{"$b64":"A A="}"#, #"{"$b64":[]}"#,
            #"{"$bytes":5}"#, #"{"$bytearray":[1]}"#, #"{"$bytearray":{"$bytes":"a"}}"#, #"{"$str2":null}"#,
            #"{"$global":"os"}"#, #"{"$global":"a:b:c"}"#, #"{"$global":["a"]}"#, #"{"$global":["a","b","c"]}"#,
            #"{"$global":5}"#, #"{"$ext":0}"#, #"{"$ext":-1}"#, #"{"$ext":2147483648}"#, #"{"$ext":"1"}"#,
            #"{"$call":"a:b"}"#, #"{"$call":"a:b","args":5}"#, #"{"$call":"a:b","state":1}"#,
            #"{"$call":"a:b","args":[],"args":[]}"#, #"{"$call":"a:b","args":[],"kwargs":{}}"#,
            #"{"$call":"a:b","args":[],"state":1,"append":[]}"#, #"{"$call":"a:b","args":[],"state":1,"state":2}"#,
            #"{"$call":"a:b","args":[],"ops":{}}"#, #"{"$call":"a:b","args":[],"ops":[[]]}"#,
            #"{"$call":"a:b","args":[],"ops":[{"state":1,"append":[]}]}"#,
            #"{"$call":"a:b","args":[],"ops":[{"args":[]}]}"#, #"{"$call":"a:b","args":[],"ops":[],"state":1}"#,
            #"{"$call":"a:b","args":[],"items":[1]}"#, #"{"$call":"a:b","args":[],"other":1}"#,
            #"{"$call":"ab","args":[]}"#, #"{"$buffer":1}"#, #"{"$buffer":-1}"#, #"{"$buffer":0,"readonly":false}"#,
            #"{"$buffer":0,"other":true}"#, #"[{"$buffer":0},{"$buffer":2}]"#,
        ]
    )
    func refused(text: String) throws {
        let error = #expect(throws: PayloadError.self) { try PickleExamples.tree(reading: text) }
        #expect(error?.code == .notRepresentable)
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test("names the place of what is wrong")
    func place() {
        let error = #expect(throws: PayloadError.self) {
            try PickleExamples.tree(reading: #"[1,{"a":{"$nothing":1}}]"#)
        }
        #expect(error?.offset == 8)
        #expect(error?.reason == "\"$nothing\" is no tag of the value notation")
    }

    @Test(
        "reads what people write by hand",
        arguments: [
            ("9007199254740993", #"{"$int":"9007199254740993"}"#),
            ("-100000000000000000000", #"{"$int":"-100000000000000000000"}"#),
            (#"{"$int":"5"}"#, "5"), (#"{"$int":"-0xff"}"#, "-255"), (#"{"$int":"-0"}"#, "0"), ("-0", "0"),
            ("1E2", "100.0"), ("1e-7", "1e-07"), ("-0.0", "-0.0"), ("9999999999999998.0", "9999999999999998.0"),
            ("9007199254740994.0", "9007199254740994.0"), ("1e16", "1e+16"),
            ("10000000000000002.0", "1.0000000000000002e+16"),
            ("0.0001", "0.0001"), ("0.00012345", "0.00012345"), ("0.00001", "1e-05"), ("123456.789", "123456.789"),
            ("0.1234567890123456", "0.1234567890123456"), ("1e22", "1e+22"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1.50", "1.5"), ("1e-400", "0.0"),
            ("123456789012345678901234567890.5", "1.2345678901234568e+29"),
            (#"{"a":1,"$b":2}"#, #"{"$dict":[["a",1],["$b",2]]}"#),
            (#"{"a":1,"a":2}"#, #"{"$dict":[["a",1],["a",2]]}"#),
            (#"{"\u0061":"\u00e9\ud83d\ude00\ud800"}"#, #"{"a":"é😀\ud800"}"#),
            (#"{"$def":7,"v":[{"$ref":7}]}"#, #"{"$def":1,"v":[{"$ref":1}]}"#),
            (#"[{"$def":3,"v":5},{"$ref":3}]"#, "[5,5]"),
            (#"{"$call":["os","path:join"],"args":["\n"]}"#, #"{"$call":["os","path:join"],"args":["\n"]}"#),
            (#"{"$bytes":"\u0009"}"#, #"{"$bytes":"\t"}"#), (#"{"$b64":"YWI="}"#, #"{"$bytes":"ab"}"#),
        ]
    )
    func written(text: String, expected: String) throws {
        #expect(try PickleExamples.notation(of: PickleExamples.tree(reading: text)) == expected)
    }

    @Test("ten to the thirty laughs stay small in every direction")
    func laughs() throws {
        var text = #"{"$def":1,"v":["ha"]}"#
        for level in 2...30 {
            let references = Array(repeating: "{\"$ref\":\(level - 1)}", count: 9).joined(separator: ",")
            text = "{\"$def\":\(level),\"v\":[\(text),\(references)]}"
        }
        // The numbers count from the outside inwards in what is written.
        let tree = try PickleExamples.tree(reading: text)
        let pickle = try PickleExamples.pickle(tree, version: 4)
        #expect(pickle.count < 1500)
        #expect(try PickleExamples.notation(of: PickleExamples.tree(of: pickle)).utf8.count < 8000)
    }

    @Test("a hundred thousand levels are neither recursed into nor written as text")
    func deep() throws {
        let depth = 100_000
        let pickle =
            [0x80, 4] + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
            + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1) + [UInt8(ascii: ".")]
        var limits = DecodingLimits()
        limits.maximumDepth = 1 << 20
        let tree = ValueTree()
        try PickleReader.read(pickle.span.bytes, into: tree, limits: limits)
        let error = #expect(throws: PayloadError.self) { try PickleExamples.notation(of: tree) }
        #expect(error?.code == .overLimit)
        limits.maximumReadableDepth = 1 << 20
        let text = try PickleExamples.notation(of: tree, limits: limits)
        #expect(text.utf8.count == 2 * depth)
        // A list, its memo entry (one byte, then four) and an APPEND per level, then STOP.
        let expected = depth + 2 * 256 + 5 * (depth - 256) + depth - 1 + 1
        #expect(try PickleExamples.pickle(tree, version: 1).count == expected)
    }

    @Test("text beyond its limit is refused, and nothing of it is left")
    func long() throws {
        let pickle: [UInt8] = Array("(".utf8) + [UInt8](repeating: UInt8(ascii: "N"), count: 500_000) + Array("l.".utf8)
        let tree = try PickleExamples.tree(of: pickle)
        var limits = DecodingLimits()
        limits.maximumExpandedBytes = 1000
        var output = ByteWriter()
        output.append("before")
        let error = #expect(throws: PayloadError.self) {
            try ValueNotation.write(tree, limits: limits, into: &output)
        }
        #expect(error?.code == .overLimit)
        #expect(output.string == "before")
    }

    @Test("keys that are many, equal only in hash-like ways, or twice there are told apart")
    func keys() throws {
        for count in [1, 2, 8, 9, 24, 25, 100, 5000] {
            let keys = (0..<count).map { "key-with-a-long-prefix-\($0)-and-a-suffix" }
            let plain = "{" + keys.map { "\"\($0)\":null" }.joined(separator: ",") + "}"
            #expect(try PickleExamples.notation(of: PickleExamples.tree(reading: plain)) == plain)
            let doubled = plain.dropLast() + ",\"\(keys[count / 2])\":1}"
            #expect(
                try PickleExamples.notation(of: PickleExamples.tree(reading: String(doubled))).hasPrefix(
                    #"{"$dict":[["#))
        }
    }

    @Test("a cycle that no pickle can make is refused, not followed", arguments: 0...5)
    func impossibleCycle(version: Int) throws {
        for text in [
            #"{"$def":1,"v":{"$tuple":[{"$ref":1}]}}"#, #"{"$def":1,"v":{"$frozenset":[{"$ref":1}]}}"#,
            #"{"$def":1,"v":{"$call":"a:b","args":[{"$ref":1}]}}"#, #"{"$def":1,"v":{"$call":{"$ref":1},"args":[]}}"#,
            #"{"$def":1,"v":{"$pers":{"$ref":1}}}"#,
        ] {
            let tree = try PickleExamples.tree(reading: text)
            let error = #expect(throws: PayloadError.self) { try PickleExamples.pickle(tree, version: version) }
            #expect(error?.code == .overLimit)
        }
    }

    @Test("equal texts that are objects of their own are written again")
    func distinct() throws {
        let tree = try PickleExamples.tree(reading: #"["ab","ab","c","c"]"#)
        // pickle.dumps(["ab", "".join(["a", "b"]), "c", "c"], 4) of CPython 3.11.
        let expected =
            Array("\u{80}\u{4}\u{95}\u{15}".unicodeScalars.map { UInt8($0.value) }) + [UInt8](repeating: 0, count: 7)
            + [0x5D, 0x94, 0x28, 0x8C, 2, 0x61, 0x62, 0x94, 0x8C, 2, 0x61, 0x62, 0x94, 0x8C, 1, 0x63, 0x94, 0x68, 3]
            + [0x65, 0x2E]
        #expect(try PickleExamples.pickle(tree, version: 4, strings: .distinct) == expected)
    }

    @Test("records whose keys are one object and whose other texts are not come back as they were")
    func sharedKeys() throws {
        // pickle.dumps([{"name": "".join(["x", "y"])}, {"name": "".join(["x", "y"])}], 4) of CPython 3.11.
        let hexadecimal = "8004951e000000000000005d94287d948c046e616d65948c02787994737d9468028c0278799473652e"
        let expected = stride(from: 0, to: hexadecimal.count, by: 2).compactMap { offset in
            UInt8(hexadecimal.dropFirst(offset).prefix(2), radix: 16)
        }
        let tree = ValueTree()
        try PickleFormat().decode(expected.span.bytes, into: tree, limits: DecodingLimits())
        var text = ByteWriter()
        let form = try PickleFormat().writeReadable(tree, limits: DecodingLimits(), into: &text)
        #expect(form == ReadableForm(key: .value, isExact: true, settings: .init(protocolVersion: 4, strings: .keys)))
        let read = try PickleExamples.tree(reading: #"[{"name":"xy"},{"name":"xy"}]"#)
        #expect(try PickleExamples.pickle(read, version: 4, strings: .keys) == expected)
    }

    @Test("a protocol that is none is refused", arguments: [-1, 6, 255])
    func version(version: Int) throws {
        let tree = try PickleExamples.tree(reading: "1")
        #expect(throws: PayloadError.self) { try PickleExamples.pickle(tree, version: version) }
    }
}
