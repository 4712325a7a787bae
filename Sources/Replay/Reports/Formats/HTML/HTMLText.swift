internal import Recorder

/// Texts as HTML has them: markup is text, and what moves, hides or reorders text stands there as an escape, `\u202e`.
enum HTMLText {
    /// A text in a line or in an attribute in double quotes.
    static func escaped(_ text: String) -> String { XMLText.attribute(text) }

    /// A path, which may be broken behind its slashes.
    static func path(_ text: String) -> String { escaped(text).replacing("/", with: "/<wbr>") }

    /// A text whose lines stay.
    static func lines(_ text: String) -> String { XMLText.text(text) }

    /// Two texts with the words marked that differ.
    static func compared(_ expected: String, _ actual: String) -> (expected: String, actual: String) {
        let (left, right) = (Array(expected.utf8), Array(actual.utf8))
        guard let pieces = WordComparison.pieces(left[...], right[...]) else {
            return (marked(expected), marked(actual))
        }
        return (text(pieces.left), text(pieces.right))
    }

    private static func marked(_ text: String) -> String { text.isEmpty ? "" : "<mark>\(lines(text))</mark>" }

    private static func text(_ pieces: [TextComparison.Piece]) -> String {
        pieces.map { piece in
            let text = lines(String(decoding: piece.text, as: UTF8.self))
            return piece.isMarked && !text.isEmpty ? "<mark>\(text)</mark>" : text
        }.joined()
    }
}
