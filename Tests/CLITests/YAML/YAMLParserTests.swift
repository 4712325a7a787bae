import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("YAML")
struct YAMLParserTests {
    /// A text, and what PyYAML makes of it.
    struct Document: Decodable, CustomTestStringConvertible {
        var text: String
        var root: Tree?
        var refused: String?
        var testDescription: String { text.debugDescription }
    }

    /// A value as the fixtures write it: line, column, and what is there.
    enum Tree: Decodable, Equatable {
        case scalar(YAMLNode.Mark, String, kind: String)
        case list(YAMLNode.Mark, [Tree])
        case map(YAMLNode.Mark, [Tree])

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            let mark = YAMLNode.Mark(line: try parts.decode(Int.self), column: try parts.decode(Int.self))
            if let text = try? parts.decode(String.self) {
                self = .scalar(mark, text, kind: try parts.decode(String.self))
            } else if let values = try? parts.decode([Tree].self) {
                self = .list(mark, values)
            } else {
                self = .map(mark, try parts.decode([String: [Tree]].self)["keys"] ?? [])
            }
        }

        init(_ node: YAMLNode) {
            switch node.content {
            case .scalar(let text, _):
                let kind = node.isNull ? "null" : node.bool != nil ? "flag" : node.isNumber ? "number" : "text"
                self = .scalar(node.mark, text, kind: kind)
            case .sequence(let nodes): self = .list(node.mark, nodes.map(Tree.init))
            case .mapping(let members): self = .map(node.mark, members.flatMap { [Tree($0.key), Tree($0.value)] })
            }
        }
    }

    static let documents: [Document] =
        (try? Fixtures.bytes("CLITests/Fixtures/yaml/documents.jsonl")).map { bytes in
            bytes.split(separator: 10).compactMap { try? JSONDecoder().decode(Document.self, from: Data($0)) }
        } ?? []

    @Test("is read as PyYAML reads it, each value with its line and column", arguments: documents)
    func likePyYAML(document: Document) throws {
        do throws(YAMLError) {
            let root = try YAMLParser.compose(document.text)
            #expect(document.refused == nil)
            #expect(root.map(Tree.init) == document.root)
        } catch {
            #expect(document.refused != nil, "\(error)")
        }
    }

    @Test("has all its fixtures")
    func fixtures() { #expect(Self.documents.count == 41) }

    @Test(
        "that cannot be read is refused with its place",
        arguments: [
            ("a: 1\nb: [x\n", 3, 1, "did not find expected ',' or ']'"),
            ("a: 1\nb: 2\na: 3\n", 3, 1, "the key \"a\" stands there twice"),
            ("a: {b: 1, b: 2}\n", 1, 11, "the key \"b\" stands there twice"),
            ("a: 1\n---\nb: 2\n", 3, 1, "a second document begins"),
            ("a: 1\nb: *c\n", 2, 4, "*c stands for nothing"),
            ("a: &b\n  - *b\n", 2, 5, "*b stands for nothing"),
            ("a: \"\u{1}\"\n", 1, 1, "control characters are not allowed"),
        ])
    func refused(text: String, line: Int, column: Int, reason: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLParser.compose(text) }
        #expect(error?.mark == YAMLNode.Mark(line: line, column: column))
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test("is refused where lists lie deeper in each other than the limit, and read up to it", arguments: [-1, 0, 1])
    func depth(beyond: Int) throws {
        // The text in the innermost list is one more.
        let lists = YAMLParser.depthLimit - 1 + beyond
        let text = String(repeating: "[", count: lists) + "x" + String(repeating: "]", count: lists)
        guard beyond > 0 else {
            #expect(try YAMLParser.compose(text) != nil)
            return
        }
        let error = #expect(throws: YAMLError.self) { try YAMLParser.compose(text) }
        #expect(error?.reason == "more than 64 lists and maps lie in each other")
    }

    @Test("of a megabyte of open brackets is refused at once")
    func brackets() {
        let text = String(repeating: "[", count: 1 << 20)
        #expect(throws: YAMLError.self) { try YAMLParser.compose(text) }
    }

    @Test("whose aliases would be a billion values when written out takes no more than its own")
    func aliases() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let before = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(before)]\n"
        }
        let root = try #require(try YAMLParser.compose(text))
        #expect(root.mapping?.last?.value.sequence?.count == 10)
    }

    @Test("that begins with a byte order mark is read without it")
    func byteOrderMark() throws {
        let root = try YAMLParser.compose("\u{FEFF}a: b\n")
        #expect(root?.mapping?.first?.key.string == "a")
    }
}
