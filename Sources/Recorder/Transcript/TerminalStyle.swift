/// Writes text in the colours and weights of a terminal, or plainly.
package struct TerminalStyle: Sendable {
    /// How a piece of text looks, as the number of its escape sequence.
    package enum Look: String, Sendable {
        case bold = "1"
        case dim = "2"
        case reverse = "7"
        case red = "31"
        case green = "32"
        case cyan = "36"
    }

    /// Whether colours are used.
    package let usesColour: Bool

    package init(usesColour: Bool) { self.usesColour = usesColour }

    /// The text in that look; as it is where no colours are used.
    package func callAsFunction(_ text: String, _ looks: Look...) -> String {
        guard usesColour, !text.isEmpty else { return text }
        return "\u{1B}[\(looks.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
