import Codecs
import Glibc

/// What is laid before another implementation, or comes from one.
enum Comparison {
    /// Prints a line for each case: `BASE64 ok` or `BASE64 no CODE OFFSET`, and for a pickle that was read where it ends. For
    /// `scan.pickle` see `printNames`.
    static func printVerdicts(_ fuzzer: Fuzzer, _ options: Options) -> Int32 {
        if fuzzer.name == "scan.pickle" { return printNames(fuzzer, options) }
        let cases = CaseMaker(fuzzer, library: SeedLibrary(tests: options.tests), seed: options.seed)
        let tree = ValueTree()
        for index in 0..<(options.cases ?? 10_000) {
            let bytes = cases.make(index)
            let verdict: String
            do throws(PayloadError) {
                if fuzzer.name == "payload.pickle" {
                    verdict = "ok \(try PickleReader.read(bytes.span.bytes, into: tree, limits: DecodingLimits()))"
                } else {
                    try JSONFormat().decode(bytes.span.bytes, into: tree, limits: DecodingLimits())
                    verdict = "ok"
                }
            } catch {
                verdict = "no \(error.code) \(error.offset)"
            }
            print(Base64.encode(bytes) + " " + verdict)
        }
        return 0
    }

    /// Prints a line for each case: `BASE64 MODULE:NAME …`, the names that the scan says would be imported, in base64 each
    /// part. Cases of which it lists no more than a part are left out.
    private static func printNames(_ fuzzer: Fuzzer, _ options: Options) -> Int32 {
        let cases = CaseMaker(fuzzer, library: SeedLibrary(tests: options.tests), seed: options.seed)
        for index in 0..<(options.cases ?? 10_000) {
            let bytes = cases.make(index)
            let report = ScanProperties.scan(bytes)
            guard report.unlisted == 0 else { continue }
            var line = Base64.encode(bytes)
            for finding in report.findings where finding.action == .importing {
                line += " " + Base64.encode(Array(finding.module.utf8)) + ":" + Base64.encode(Array(finding.name.utf8))
            }
            print(line)
        }
        return 0
    }

    /// Reads lines `NAME PROTOCOL BASE64 [loose]`, each a pickle of a plain value as `pickle.dumps` wrote it, and checks that each
    /// comes back byte for byte through its readable text. Prints `= NAME PROTOCOL THEIRS OURS TEXT` for each, the pickles and the
    /// text in base64, for whoever checks what they mean.
    static func checkExamples() -> Int32 {
        var different = 0
        var count = 0
        while let line = readLine() {
            let fields = line.split(separator: " ")
            guard fields.count >= 3, let version = Int(fields[1]) else { continue }
            var bytes = ByteWriter()
            let tree = ValueTree()
            let row = ValueTree()
            var text = ByteWriter()
            var again = ByteWriter()
            let limits = DecodingLimits()
            count += 1
            do {
                try Base64.decode(Array(fields[2].utf8).span.bytes, into: &bytes)
                try PickleFormat().decode(bytes.bytes, into: tree, limits: limits)
                let form = try PickleFormat().writeReadable(tree, limits: limits, into: &text)
                try JSONFormat().decode(text.bytes, into: row, limits: limits)
                var settings = form.settings
                settings.protocolVersion = version
                try PickleFormat().encodeReadable(.value, row.root, settings: settings, limits: limits, into: &again)
            } catch {
                print("\(fields[0]), protocol \(version): \(error)")
                different += 1
                continue
            }
            print("= \(fields[0]) \(version) \(fields[2]) \(Base64.encode(again.array)) \(Base64.encode(text.array))")
            // Of a Python that chose its opcodes otherwise, the value alone has to come back.
            if fields.count > 3 {
                let second = ValueTree()
                let error = PayloadProperties.decodeError(PickleFormat(), again.bytes, second, limits)
                let back = try? PayloadProperties.readable(PickleFormat(), second, limits, again.count)
                if error == nil, back?.text == text.array { continue }
            }
            if again.array != bytes.array {
                print("\(fields[0]), protocol \(version): other bytes; \(PayloadProperties.shown(text.array))")
                different += 1
            }
        }
        print("\(count) pickles, \(different) that do not come back")
        return different == 0 && count > 0 ? 0 : 1
    }
}
