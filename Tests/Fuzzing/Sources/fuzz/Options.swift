import Glibc

/// What the command line asks for.
struct Options {
    var seconds = 60.0
    var seed: UInt64 = 1
    var only: [String] = []
    /// Cases of each fuzzer, instead of a time.
    var cases: UInt64?
    var isSoak = false
    /// The build has an address sanitizer in it.
    var isSanitized = false
    /// The folder `Tests/`.
    var tests = Options.testsOfThisFile
    var files: [String] = []
    var verdicts: String?
    var readsExamples = false
    // Of a worker only:
    var worker: String?
    var runsKept = false
    var first: UInt64 = 0
    var shared: Int32?

    static let usage = """
        fuzz --seconds N [--seed S] [--only NAME] … [--soak] [--tests FOLDER]   run the fuzzers, each for its share
        fuzz --cases N …                                                        run so many cases of each instead
        fuzz FILE …                                                             run kept cases again (NAME-HASH)
        fuzz --verdicts NAME --cases N [--seed S]                               print cases and what became of them
        fuzz --examples                                                         check "NAME PROTOCOL BASE64" lines of stdin
        fuzz --list                                                             the names of the fuzzers
        """

    private static var testsOfThisFile: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }

    init(_ arguments: [String]) {
        var rest = arguments[...]
        func next() -> String {
            guard let value = rest.popFirst() else { Self.fail("a value is missing") }
            return value
        }
        func number<Number: LosslessStringConvertible>(_: Number.Type) -> Number {
            let text = next()
            guard let number = Number(text) else { Self.fail("\(text) is no number") }
            return number
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--seconds": seconds = number(Double.self)
            case "--seed": seed = number(UInt64.self)
            case "--only": only.append(next())
            case "--cases": cases = number(UInt64.self)
            case "--soak": isSoak = true
            case "--sanitized": isSanitized = true
            case "--tests": tests = next()
            case "--verdicts": verdicts = next()
            case "--examples": readsExamples = true
            case "--worker": worker = next()
            case "--kept": runsKept = true
            case "--from": first = number(UInt64.self)
            case "--shared": shared = number(Int32.self)
            case "--list":
                for fuzzer in FuzzerList.all { print(fuzzer.name) }
                exit(0)
            case "--help", "-h":
                print(Self.usage)
                exit(0)
            default:
                if argument.hasPrefix("-") { Self.fail("\(argument) is no option") }
                files.append(argument)
            }
        }
    }

    static func fail(_ reason: String) -> Never {
        print("\(reason)\n\(usage)")
        exit(64)
    }
}
