import Foundation
package import Testing

/// Code that a guide shows, and the tests compile.
package enum GuideExample {
    /// Expects a guide to show a file of the tests whole, from its first comment on.
    ///
    /// - Parameters:
    ///   - file: below `Tests/`.
    ///   - guide: below `Sources/`.
    package static func expect(
        _ file: String, in guide: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let text = String(decoding: try Fixtures.bytes(file), as: UTF8.self)
        let guideText = String(decoding: try Fixtures.bytes("../Sources/\(guide)"), as: UTF8.self)
        let start = try #require(text.firstRange(of: "///")).lowerBound
        #expect(
            guideText.contains("```swift\n\(text[start...])```"),
            "Tests/\(file) and Sources/\(guide) show different code",
            sourceLocation: sourceLocation)
    }
}
