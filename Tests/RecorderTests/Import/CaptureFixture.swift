import Foundation
import Testing

/// A capture that `Fixtures/make_captures.py` made, and what a receiver took of it.
struct CaptureFixture: Decodable, Sendable, CustomTestStringConvertible {
    /// What passed: bytes, or how many are missing.
    enum Piece: Decodable, Hashable, Sendable {
        case bytes([UInt8])
        case gap(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let count = try? container.decode(Int.self) {
                self = .gap(count)
            } else {
                self = .bytes(try container.decode(String.self).unicodeScalars.map { UInt8($0.value) })
            }
        }
    }

    struct Stream: Decodable, Hashable, Sendable {
        var client: [Piece] = []
        var server: [Piece] = []
        var close: String?

        subscript(side: String) -> [Piece] {
            get { side == "client" ? client : server }
            set { if side == "client" { client = newValue } else { server = newValue } }
        }

        /// Adds bytes to what a side sent.
        mutating func add(_ bytes: [UInt8], from side: String) {
            guard !bytes.isEmpty else { return }
            if case .bytes(let before) = self[side].last {
                self[side][self[side].count - 1] = .bytes(before + bytes)
            } else {
                self[side].append(.bytes(bytes))
            }
        }
    }

    var file: String
    var streams: [Stream]
    var ending: String?
    var conflicts: Int?
    var unreadable: Int?
    var wrongChecksums: Int?
    var joined: Int?
    var secrets: String?
    /// Seconds from the first packet to each one.
    var times: [Double]?
    /// False: tshark is known to take something else, and we follow the kernel.
    var tshark: Bool?

    var testDescription: String { file }
    var path: String { Self.folder + "captures/" + file }

    static let folder = String(#filePath.dropLast("Import/CaptureFixture.swift".count)) + "Fixtures/"

    static let all: [CaptureFixture] = {
        let text = (try? String(contentsOfFile: folder + "captures.jsonl", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(CaptureFixture.self, from: Data(line.utf8))
        }
    }()

    static func named(_ name: String) -> CaptureFixture? { all.first { $0.file == name } }
}
