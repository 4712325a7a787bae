/// A value of a YAML file, with the place where it begins.
struct YAMLNode: Equatable {
    /// A place in a text, both counted from 1.
    struct Mark: Equatable {
        var line: Int
        var column: Int
    }

    /// What it is.
    enum Content: Equatable {
        /// `isPlain`: it has no quotes, and no tag says that it is a text; only then it may be more than that.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Member])
    }

    /// A key of a mapping, and its value.
    struct Member: Equatable {
        var key: YAMLNode
        var value: YAMLNode
    }

    var content: Content
    var mark: Mark

    /// The text of a scalar, whatever it may mean besides.
    var string: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    var sequence: [YAMLNode]? {
        if case .sequence(let nodes) = content { nodes } else { nil }
    }

    /// In the order in which they stand there.
    var mapping: [Member]? {
        if case .mapping(let members) = content { members } else { nil }
    }

    /// Whether it is nothing: `key:`, `~` or `null`.
    var isNull: Bool {
        plain.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false
    }

    /// A flag, in the words of YAML 1.1.
    var bool: Bool? {
        switch plain?.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Whether it is a number as YAML 1.2's core schema has them: `12`, `-0.5e3`, `.inf`, `0x1f`, `0o17`.
    var isNumber: Bool {
        guard let plain else { return false }
        let unsigned = plain.drop { $0 == "-" || $0 == "+" }
        guard plain.count - unsigned.count <= 1, let first = unsigned.first else { return false }
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(unsigned) { return true }
        if unsigned.hasPrefix("0x") || unsigned.hasPrefix("0o") {
            return Int(unsigned.dropFirst(2), radix: unsigned.hasPrefix("0x") ? 16 : 8) != nil
        }
        let isDecimal = unsigned.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) }
        return isDecimal && (first.isNumber || first == ".") && Double(String(unsigned)) != nil
    }

    private var plain: String? {
        if case .scalar(let text, isPlain: true) = content { text } else { nil }
    }
}
