import Codecs
import Glibc

/// What cases are made from: the fixtures of the codecs' tests, and the cases that failed once.
struct SeedLibrary {
    /// The folder `Tests/`.
    let tests: String

    private var fixtures: String { tests + "/CodecsTests/Fixtures" }

    /// Pickles that CPython wrote, and questions made by hand.
    func pickles() -> [[UInt8]] {
        var found: [[UInt8]] = []
        for file in ["corpus.jsonl", "verdicts.jsonl"] {
            forEachLine(of: fixtures + "/pickle/" + file) { line in
                if let text = line["pickle"]?.text, let bytes = Self.base64(text) { found.append(bytes) }
            }
        }
        return Self.require(found, "pickles")
    }

    /// Texts of the readable notation.
    func notations() -> [[UInt8]] {
        var found: [[UInt8]] = []
        forEachLine(of: fixtures + "/pickle/corpus.jsonl") { line in
            if let text = line["pj"]?.text { found.append(text) }
        }
        return Self.require(found, "texts of the notation")
    }

    /// What a format writes of texts of the notation and of JSON, as far as it has such values.
    func payloads(of format: any PayloadFormat) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let tree = ValueTree()
        for text in notations() + jsonTexts() where text.count < 20_000 {
            var payload = ByteWriter()
            do {
                try JSONFormat().decode(text.span.bytes, into: tree, limits: DecodingLimits())
                try format.encodeReadable(
                    .value, tree.root, settings: format.defaultSettings, limits: DecodingLimits(), into: &payload)
            } catch {
                continue
            }
            found.append(payload.array)
        }
        return Self.require(found, "payloads of \(format.name)")
    }

    /// JSON texts, good and bad.
    func jsonTexts() -> [[UInt8]] {
        var found: [[UInt8]] = []
        for line in Self.lines(of: fixtures + "/json/corpus.txt") {
            let fields = line.split(separator: 32)
            if fields.count > 1, let bytes = Self.base64(Array(fields[1])) { found.append(bytes) }
        }
        let suite = fixtures + "/json/JSONTestSuite/test_parsing"
        found += Self.names(in: suite).map { Self.file(suite + "/" + $0) }
        return Self.require(found, "JSON texts")
    }

    /// Recordings: one by hand with every kind of line, and those beside the examples.
    func recordings() -> [[UInt8]] {
        var found = [Array(RecordingSamples.everything.utf8)]
        for folder in ["pickle", "json", "raw"] {
            let path = tests + "/../captures/" + folder
            for name in Self.names(in: path) where name.hasSuffix(".tape.jsonl") {
                found.append(Self.file(path + "/" + name))
            }
        }
        return found
    }

    /// Frames of the codec's samples, one stream of several each.
    func streams(of codec: Codec) -> [[UInt8]] {
        let payloads: [[UInt8]]
        switch codec.payload.name {
        case "pickle": payloads = pickles().filter { $0.count < 400 }
        case "json": payloads = jsonTexts().filter { $0.count < 400 }
        case _ where codec.payload is any NotationFormat:
            payloads = self.payloads(of: codec.payload).filter { $0.count < 400 }
        default: payloads = RecordingSamples.plainBytes + jsonTexts().filter { $0.count < 60 }
        }
        var generator = SeededGenerator(seed: 1)
        var streams: [[UInt8]] = []
        for _ in 0..<400 {
            var stream = ByteWriter()
            for _ in 0..<(1 + generator.below(6)) {
                let payload = generator.pick(payloads)
                try? codec.framing.write(payload: payload.span.bytes, into: &stream)
            }
            streams.append(stream.array)
        }
        return streams
    }

    /// Captures with everything that TCP and the two formats do.
    func captures() -> [[UInt8]] {
        let folder = tests + "/RecorderTests/Fixtures/captures"
        return Self.require(Self.names(in: folder).map { Self.file(folder + "/" + $0) }, "captures")
            .filter { $0.count < 20_000 }
    }

    /// The cases of a fuzzer that failed once.
    func failCases(of fuzzer: String) -> [[UInt8]] {
        let folder = tests + "/Fuzzing/FailCases"
        return Self.names(in: folder).filter { $0.hasPrefix(fuzzer + "-") }.map { Self.file(folder + "/" + $0) }
    }

    private func forEachLine(of path: String, _ body: (Value) -> Void) {
        let tree = ValueTree()
        for line in Self.lines(of: path) {
            let text = Array(line)
            do throws(PayloadError) {
                try JSONFormat().decode(text.span.bytes, into: tree, limits: DecodingLimits())
            } catch {
                continue
            }
            body(tree.root)
        }
    }

    private static func require(_ found: [[UInt8]], _ what: String) -> [[UInt8]] {
        if found.isEmpty { fatalError("there are no \(what) among the fixtures: is --tests the folder Tests?") }
        return found
    }

    private static func base64(_ text: [UInt8]) -> [UInt8]? {
        var bytes = ByteWriter()
        do throws(PayloadError) { try Base64.decode(text.span.bytes, into: &bytes) } catch { return nil }
        return bytes.array
    }

    private static func lines(of path: String) -> [ArraySlice<UInt8>] { file(path).split(separator: 10) }

    /// The bytes of a file, none where it cannot be read.
    static func file(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    /// The names in a folder, sorted.
    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
