package import Recorder

/// What an answer may be at some places of a message, where it need not be as recorded.
///
/// A rule only ever allows: a value that is as recorded passes, whatever the rules say.
package struct MatchRule: Sendable, Hashable {
    /// What may differ.
    package enum Kind: Sendable, Hashable {
        /// Everything: the value may also be missing, or one too many.
        case ignore
        /// The value, not its kind. What stands inside a container may be anything; with `numeric` an integer may also become
        /// a float.
        case type(numeric: Bool)
        /// A text, or the text of a number, that the pattern matches somewhere.
        case regex(Pattern)
        /// What the pattern matches is set aside in both texts, and the rest is compared.
        case mask(Pattern)
        /// A number by so much, or by such a part of the recorded one; with `numeric` also of another kind.
        case tolerance(Tolerance, numeric: Bool)
        /// An integer may become a float of the same value, and the other way round.
        case numeric
        /// The order of a list's elements.
        case unordered
        /// The value is one that the server makes up anew each time; the name is for the report.
        case capture(name: String)
    }

    /// How far a number may be from the recorded one.
    package enum Tolerance: Sendable, Hashable {
        case absolute(Double)
        /// A part of the recorded number: 0.1 for 10%.
        case relative(Double)
    }

    /// Where a rule was given.
    package enum Origin: Sendable, Hashable {
        case option
        case file(String, line: Int)
        /// The recording's header.
        case header(line: Int)
    }

    package var path: RulePath
    /// The recorded port whose messages it is about; nil for every port.
    package var port: Int?
    /// Whose messages it is about; nil for both sides. A replay compares the server's, a mock the clients'.
    package var from: Side?
    package var kind: Kind
    /// What kind it is and what belongs to that, as it was written: `tolerance 10%`.
    package var kindText: String
    package var origin: Origin

    /// The rule as an option has it: `port=12000 $.time ignore`.
    package var text: String {
        var words: [String] = []
        if let port { words.append("port=\(port)") }
        if let from { words.append("from=\(from.rawValue)") }
        return (words + [path.text, kindText]).joined(separator: " ")
    }

    /// Whether it can say anything about messages of a port and a side.
    func concerns(port: Int, from side: Side) -> Bool {
        (self.port == nil || self.port == port) && (from == nil || from == side)
    }

    /// Whether it names a value that is made up anew each time.
    var isCapture: Bool { if case .capture = kind { true } else { false } }

    /// Whether it sets parts of a value aside, so that others of its like may do so as well.
    var setsAside: Bool {
        if path.bytes != nil { return true }
        if case .mask = kind { return true }
        return false
    }
}

extension MatchRule.Origin: CustomStringConvertible {
    package var description: String {
        switch self {
        case .option: "--rule"
        case .file(let path, let line): "\(path):\(line)"
        case .header: "the recording's header"
        }
    }
}
