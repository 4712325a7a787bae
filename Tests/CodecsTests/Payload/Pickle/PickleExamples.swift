import Foundation
import TestSupport
import Testing

@testable import Codecs

/// What the tests of the notation and the writer share: the corpus that CPython made, and the ways between bytes, nodes
/// and text.
enum PickleExamples {
    struct Example: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var python: String
        var version: Int
        var pickle: Data
        var notation: String

        enum CodingKeys: String, CodingKey {
            case name, python, pickle
            case version = "protocol"
            case notation = "pj"
        }

        var testDescription: String { "\(name), Python \(python), protocol \(version)" }
    }

    static let all: [Example] = {
        let path = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/pickle/corpus.jsonl")
        guard let data = try? Data(contentsOf: path) else { return [] }
        return data.split(separator: 10).compactMap { try? JSONDecoder().decode(Example.self, from: $0) }
    }()

    /// Reads a pickle into a tree of its own.
    static func tree(of pickle: [UInt8]) throws -> ValueTree {
        let tree = ValueTree()
        try PickleReader.read(pickle.span.bytes, into: tree, limits: DecodingLimits())
        return tree
    }

    static func notation(of tree: ValueTree, limits: DecodingLimits = DecodingLimits()) throws -> String {
        var output = ByteWriter()
        try ValueNotation.write(tree, limits: limits, into: &output)
        return output.string
    }

    /// Reads a text of the notation into a tree of its own.
    static func tree(reading notation: String) throws -> ValueTree {
        let json = ValueTree()
        try JSONFormat().decode(Array(notation.utf8).span.bytes, into: json, limits: DecodingLimits())
        let tree = ValueTree()
        try ValueNotation.read(json.root, into: tree, limits: DecodingLimits())
        return tree
    }

    static func pickle(_ tree: ValueTree, version: Int, strings: StringIdentity = .shared) throws -> [UInt8] {
        let settings = WritingSettings(protocolVersion: version, strings: strings)
        var output = ByteWriter()
        try PickleWriter.write(tree.root, settings: settings, into: &output)
        return output.array
    }

    /// Runs a script with the `python3` of the path, which reads a file of input; gives what it prints.
    static func python(_ script: String, input: Data = Data()) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pickle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("input")
        try input.write(to: file)
        return try ShortProgram.run("python3", ["-c", script, file.path]).output
    }
}
