/// What a secret looks like by itself, whatever key it stands under: tokens of well-known services, private keys, credentials
/// of HTTP, passwords in URLs.
///
/// The shapes are those that the services publish and that secret scanners look for (GitHub's "token formats", AWS's "unique
/// identifiers", RFC 7519 for JWT, RFC 7468 for PEM, RFC 6750 and 7617 for credentials, RFC 3986 for URLs).
struct SecretShape: Sendable {
    /// What it is, as a person is told.
    let name: String
    /// The secret is its first group, or all that it matches.
    let pattern: Pattern
    /// These bytes stand in every match.
    fileprivate let hint: [UInt8]

    private init?(_ name: String, hint: String, _ pattern: String) {
        guard let pattern = try? Pattern(pattern) else { return nil }
        self.name = name
        self.pattern = pattern
        self.hint = Array(hint.utf8)
    }

    /// No match begins in the middle of a word.
    private static let start = "(?<![A-Za-z0-9_-])"
    private static let end = "(?![A-Za-z0-9])"

    static let all: [SecretShape] = [
        SecretShape("AWS access key", hint: "A", start + "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + end),
        SecretShape("GitHub token", hint: "gh", start + "gh[pousr]_[A-Za-z0-9]{36,255}" + end),
        SecretShape("GitHub token", hint: "github_pat_", start + "github_pat_[A-Za-z0-9_]{22,255}" + end),
        SecretShape("GitLab token", hint: "glpat-", start + "glpat-[A-Za-z0-9_-]{20,}"),
        SecretShape("Slack token", hint: "xox", start + "xox[abeoprs]-[A-Za-z0-9-]{10,}"),
        SecretShape("Stripe key", hint: "k_", start + "[rs]k_(?:live|test)_[A-Za-z0-9]{16,}" + end),
        SecretShape("Google API key", hint: "AIza", start + "AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        SecretShape("API key", hint: "sk-", start + "sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}"),
        SecretShape("npm token", hint: "npm_", start + "npm_[A-Za-z0-9]{36}" + end),
        SecretShape("PyPI token", hint: "pypi-", start + "pypi-[A-Za-z0-9_-]{50,}"),
        SecretShape(
            "JSON Web Token", hint: "eyJ",
            start + #"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,3}"#),
        SecretShape(
            "private key", hint: "-----BEGIN",
            "-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----((?s:.)*?)(?:-----END|$)"),
        SecretShape(
            "credentials", hint: " ",
            #"(?i:\b(?:bearer|basic|token) +)(?=[A-Za-z+/._~-]*[0-9=])([A-Za-z0-9+/._~-]{12,}={0,2})(?![A-Za-z0-9])"#),
        SecretShape(
            "password in a URL", hint: "://",
            #"(?i:\b[a-z][a-z0-9+.-]{0,30}://)[^\s/:@?#"'\\]{0,256}:([^\s/@?#"'\\]+)@"#),
    ].compactMap(\.self)

    /// The shortest text that holds any.
    private static let minimumBytes = 8

    /// The secrets in a text.
    static func find(
        in text: UnsafeRawBufferPointer, within allowance: inout Pattern.Allowance
    ) throws(PatternError) -> [(shape: SecretShape, range: Range<Int>)] {
        guard text.count >= minimumBytes else { return [] }
        var found: [(shape: SecretShape, range: Range<Int>)] = []
        for shape in all where text.holds(shape.hint) {
            for range in try shape.pattern.groups(in: text, within: &allowance) { found.append((shape, range)) }
        }
        return found
    }
}
